// Made from docs/openapi.json by scripts/api-types.mjs: npm run openapi.

export type EventItem = {
  id: string;
  endpoint_id: string;
  /** The provider's name, api, or unknown. */
  source: string;
  event_type: string | null;
  method: string;
  /** pending: not yet forwarded, or a retry is due. captured: there is nothing to deliver to. */
  status: 'pending' | 'delivered' | 'failed' | 'captured';
  status_reason:
    'no_destination' | 'filtered' | 'paused' | 'exhausted' | 'cancelled' | 'refused' | 'endpoint_deleted' | null;
  /** What one destination answered to its latest scheduled attempt: one that failed, else one that waits, else the first. */
  response_status: number | null;
  latency_ms: number | null;
  /** What a destination answered when it accepted a later replay. Present on failed events only. */
  replayed_status?: number;
  attempt_count: number;
  /** UTC, with milliseconds. */
  next_attempt_at: string | null;
  /** UTC, with milliseconds. */
  received_at: string;
};

export type Event = {
  id: string;
  endpoint_id: string;
  user_id: string;
  /** The provider's name, api, or unknown. */
  source: string;
  event_type: string | null;
  method: string;
  path: string;
  query: string;
  /** Lower-case names; a repeated header is an array. */
  headers: Record<string, string | string[]>;
  /** The body. With payload_format json it stands here byte for byte, so numbers are as precise as they were sent and names may repeat; text: a string; binary: null. The exact bytes are always at /raw. */
  payload: unknown;
  /** json: JSON of RFC 8259 in UTF-8, up to 1 MiB and 512 levels of objects and arrays. text: other UTF-8. binary: other bytes. */
  payload_format: 'json' | 'text' | 'binary';
  /** Bytes of the body. */
  size: number;
  remote_addr: string | null;
  /** pending: not yet forwarded, or a retry is due. captured: there is nothing to deliver to. */
  status: 'pending' | 'delivered' | 'failed' | 'captured';
  status_reason:
    'no_destination' | 'filtered' | 'paused' | 'exhausted' | 'cancelled' | 'refused' | 'endpoint_deleted' | null;
  /** What one destination answered to its latest scheduled attempt: one that failed, else one that waits, else the first. */
  response_status: number | null;
  latency_ms: number | null;
  /** What a destination answered when it accepted a later replay. Present on failed events only. */
  replayed_status?: number;
  /** Why the event has its status, for people. For a captured event it is derived from the present configuration. */
  status_detail: string | null;
  /** Up to 64 KiB; null where it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  /** The newest 50, in the order in which they were made. Answers have at most 256 KiB in all: those of older attempts are cut. */
  attempts: Attempt[];
  /** Attempts in all. GET /api/v1/events/{id}/attempts lists them with their whole answers. */
  attempts_total: number;
  /** UTC, with milliseconds. */
  next_attempt_at: string | null;
  next_attempt_reason: string | null;
  verification: {
    status: 'verified' | 'unverified';
    provider: string | null;
    reason: string | null;
    body_authenticated: boolean;
  };
  correlation_id: string | null;
  dedup: {
    key: string;
    duplicates: number;
    id_conflict: boolean;
  } | null;
  replay_of: string | null;
  /** The newest 100 events that repeat this one. */
  replayed_as: string[];
  /** Events that repeat this one in all. */
  replayed_as_total: number;
  /** Where a replay to the environment original would go now: every destination that has not accepted the event, else the first. */
  replay_to: {
    destination_id: string;
    destination_url: string;
  }[];
  mode: 'live' | 'test';
  /** UTC, with milliseconds. */
  received_at: string;
};

export type Attempt = {
  id: string;
  /** From 1. */
  number: number;
  trigger: 'scheduled' | 'replay';
  destination_id: string | null;
  destination_url: string;
  status: 'delivered' | 'failed';
  response_status: number | null;
  /** Up to 64 KiB; null where it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  /** Only the beginning of the answer was kept, or is shown here. */
  response_body_truncated: boolean;
  /** Lower-case names; a repeated header is an array. */
  response_headers: Record<string, string | string[]>;
  latency_ms: number;
  error: string | null;
  /** What the outcome was decided by. */
  reason: string;
  /** UTC, with milliseconds. */
  created_at: string;
};

export type Published = {
  deliveries: {
    endpoint_id: string;
    event_id: string;
    /** False: an earlier request with the same key made it. */
    created: boolean;
  }[];
};

export type EventVerification = {
  event_id: string;
  status: 'verified' | 'unverified';
  provider: string | null;
  /** A stable word. */
  reason: string | null;
  /** For people. */
  explanation: string;
  body_authenticated: boolean;
  matches: {
    /** A stable word. */
    cause:
      | 'valid_now'
      | 'clock'
      | 'expired_secret'
      | 'other_secret'
      | 'secret_form'
      | 'body_changed'
      | 'public_url'
      | 'other_scheme'
      | 'other_provider'
      | 'algorithm'
      | 'signature_encoding'
      | 'signed_text'
      | 'wrong_header'
      | 'no_secret'
      | 'missing_header'
      | 'repeated_header';
    /** What would have matched, or was seen. Never a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  hints: {
    /** A stable word. */
    cause:
      | 'valid_now'
      | 'clock'
      | 'expired_secret'
      | 'other_secret'
      | 'secret_form'
      | 'body_changed'
      | 'public_url'
      | 'other_scheme'
      | 'other_provider'
      | 'algorithm'
      | 'signature_encoding'
      | 'signed_text'
      | 'wrong_header'
      | 'no_secret'
      | 'missing_header'
      | 'repeated_header';
    /** What would have matched, or was seen. Never a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
};

export type RejectionVerification = {
  rejection_id: string;
  status: 'failed';
  provider: string | null;
  /** A stable word. */
  reason: string | null;
  /** For people. */
  explanation: string;
  body_authenticated: boolean;
  matches: {
    /** A stable word. */
    cause:
      | 'valid_now'
      | 'clock'
      | 'expired_secret'
      | 'other_secret'
      | 'secret_form'
      | 'body_changed'
      | 'public_url'
      | 'other_scheme'
      | 'other_provider'
      | 'algorithm'
      | 'signature_encoding'
      | 'signed_text'
      | 'wrong_header'
      | 'no_secret'
      | 'missing_header'
      | 'repeated_header';
    /** What would have matched, or was seen. Never a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  hints: {
    /** A stable word. */
    cause:
      | 'valid_now'
      | 'clock'
      | 'expired_secret'
      | 'other_secret'
      | 'secret_form'
      | 'body_changed'
      | 'public_url'
      | 'other_scheme'
      | 'other_provider'
      | 'algorithm'
      | 'signature_encoding'
      | 'signed_text'
      | 'wrong_header'
      | 'no_secret'
      | 'missing_header'
      | 'repeated_header';
    /** What would have matched, or was seen. Never a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  /** matches and hints are those of the moment when the request arrived. */
  body_truncated: boolean;
};

export type TestQueued = {
  id: string;
  status: 'QUEUED';
};

export type Queued = {
  id: string;
  status: 'QUEUED';
  message: string;
};

export type ReplayResult = {
  /** The id of the attempt. */
  id: string;
  status: 'delivered' | 'failed';
  response_status: number | null;
  /** Up to 64 KiB; null where it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  latency_ms: number;
  destination_url: string;
  /** UTC, with milliseconds. */
  replayed_at: string;
  error: string | null;
  /** Present for the environment original: one attempt for each destination. The first is the answer itself. */
  attempts?: {
    /** The id of the attempt. */
    id: string;
    status: 'delivered' | 'failed';
    response_status: number | null;
    /** Up to 64 KiB; null where it is not UTF-8. */
    response_body: string | null;
    response_body_base64?: string;
    latency_ms: number;
    destination_url: string;
    /** UTC, with milliseconds. */
    replayed_at: string;
    error: string | null;
    destination_id: string | null;
  }[];
};

export type BulkReplay = {
  /** Null for a dry run. */
  id: string | null;
  status: 'dry_run' | 'running' | 'completed' | 'cancelled';
  filter: {
    status?: 'pending' | 'delivered' | 'failed' | 'captured';
    source?: string;
    event_type?: string;
    endpoint_id?: string;
    /** UTC, with milliseconds. */
    since?: string;
    /** UTC, with milliseconds. */
    until?: string;
    q?: string;
  };
  destination_id: string | null;
  rate_per_second: number | null;
  /** Events that matched when it began. */
  matched: number;
  /** Events that were queued so far. */
  created: number;
  /** Events with nowhere to go, or sent there already. */
  skipped: number;
  /** Queued events that were delivered. */
  done: number;
  /** Queued events that ended without. */
  failed: number;
  /** UTC, with milliseconds. */
  created_at: string;
  /** UTC, with milliseconds. */
  finished_at: string | null;
};

export type RetryPolicy =
  | {
      max_attempts: number;
      base_seconds: number;
      factor: number;
      cap_seconds: number;
      floor_seconds: number;
      jitter?: 'full' | 'equal' | 'none';
      client_errors?: 'retry' | 'fail';
    }
  | {
      schedule_seconds: number[];
      client_errors?: 'retry' | 'fail';
    };

export type DestinationItem = {
  id: string;
  name: string;
  /** handler:<name> for a function of the app. */
  url: string;
  event_types: string[];
  /** Values read *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy | null;
  status: 'ACTIVE' | 'PAUSED';
  /** Present when the destination has a client certificate or certificate authorities. The private key is never shown. */
  tls?: {
    certificate: {
      subject: string;
      issuer: string;
      /** SHA-256 of the certificate in DER, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    } | null;
    certificate_authorities: {
      subject: string;
      issuer: string;
      /** SHA-256 of the certificate in DER, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    }[];
  };
  /** First failed attempt of the present outage. A destination counts as failing once its circuit has opened, or after five failed attempts in a row over at least a minute. Present while it is failing. */
  failing_since?: string;
};

export type Destination = {
  id: string;
  name: string;
  /** handler:<name> for a function of the app. */
  url: string;
  event_types: string[];
  /** Values read *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy | null;
  status: 'ACTIVE' | 'PAUSED';
  /** Present when the destination has a client certificate or certificate authorities. The private key is never shown. */
  tls?: {
    certificate: {
      subject: string;
      issuer: string;
      /** SHA-256 of the certificate in DER, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    } | null;
    certificate_authorities: {
      subject: string;
      issuer: string;
      /** SHA-256 of the certificate in DER, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    }[];
  };
  /** UTC, with milliseconds. */
  paused_at: string | null;
  pause_reason: string | null;
  circuit: {
    state: 'closed' | 'open' | 'half_open';
    /** UTC, with milliseconds. */
    retry_at: string | null;
  };
  /** First failed attempt of the present outage. A destination counts as failing once its circuit has opened, or after five failed attempts in a row over at least a minute. */
  failing_since: string | null;
};

export type Endpoint = {
  id: string;
  user_id: string;
  name: string;
  slug: string;
  /** Where the provider sends to. */
  webhook_url: string;
  destination_url: string | null;
  description: string | null;
  destinations: DestinationItem[];
  event_types: string[];
  /** Values read *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy;
  concurrency: number;
  /** Deliveries per second to each destination. */
  rate_limit: number | null;
  order_by: string | null;
  acknowledgement: {
    status: number;
    content_type: string | null;
    body: string;
  } | null;
  verification: {
    provider: string;
    scheme: string | null;
    secrets_count: number;
    secrets_last_four: string[];
    public_url: string | null;
    settings: Record<string, unknown>;
    /** The last four characters of the secrets that replays to an environment are signed with. */
    replay_secrets_last_four: Record<string, string>;
  } | null;
  /** Methods that are taken in; null: all. */
  methods: string[] | null;
  /** Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. */
  forward_identity_headers: boolean;
  status: 'ACTIVE' | 'PAUSED';
  /** UTC, with milliseconds. */
  paused_at: string | null;
  /** manual, or why Paggio paused it. */
  pause_reason: string | null;
  mode: 'live' | 'test';
  health: {
    /** failing: a destination is failing. Else by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the same, and there is no destination. */
    label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
    success_rate: number | null;
    delivered: number;
    failed: number;
    /** Present while the label is failing: when the longest of its outages began. */
    failing_since?: string;
  };
  /** UTC, with milliseconds. */
  created_at: string;
  /** UTC, with milliseconds. */
  updated_at: string;
};

export type EndpointCreated = {
  id: string;
  user_id: string;
  name: string;
  slug: string;
  /** Where the provider sends to. */
  webhook_url: string;
  destination_url: string | null;
  description: string | null;
  destinations: DestinationItem[];
  event_types: string[];
  /** Values read *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy;
  concurrency: number;
  /** Deliveries per second to each destination. */
  rate_limit: number | null;
  order_by: string | null;
  acknowledgement: {
    status: number;
    content_type: string | null;
    body: string;
  } | null;
  verification: {
    provider: string;
    scheme: string | null;
    secrets_count: number;
    secrets_last_four: string[];
    public_url: string | null;
    settings: Record<string, unknown>;
    /** The last four characters of the secrets that replays to an environment are signed with. */
    replay_secrets_last_four: Record<string, string>;
  } | null;
  /** Methods that are taken in; null: all. */
  methods: string[] | null;
  /** Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. */
  forward_identity_headers: boolean;
  status: 'ACTIVE' | 'PAUSED';
  /** UTC, with milliseconds. */
  paused_at: string | null;
  /** manual, or why Paggio paused it. */
  pause_reason: string | null;
  mode: 'live' | 'test';
  health: {
    /** failing: a destination is failing. Else by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the same, and there is no destination. */
    label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
    success_rate: number | null;
    delivered: number;
    failed: number;
    /** Present while the label is failing: when the longest of its outages began. */
    failing_since?: string;
  };
  /** UTC, with milliseconds. */
  created_at: string;
  /** UTC, with milliseconds. */
  updated_at: string;
  /** whsec_...: shown here, and by reveal and rotation only. */
  secret: string;
};

export type Secret = {
  secret: string;
  /** What the provider handed over in a handshake (Notion, Asana). */
  verification_secret?: string;
};

export type RotatedSecret = {
  secret: string;
  /** Until then signatures under the previous secret are accepted too. */
  previous_expires_at: string;
};

export type ApiKey = {
  id: string;
  /** Whose objects it works on, where that is another user. Only operators see such keys. */
  user_id?: string;
  name: string;
  /** The first twelve characters. */
  prefix: string;
  mode: 'live' | 'test';
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  /** UTC, with milliseconds. */
  last_used_at: string | null;
  /** UTC, with milliseconds. */
  expires_at: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
};

export type ApiKeyCreated = {
  id: string;
  /** Whose objects it works on, where that is another user. Only operators see such keys. */
  user_id?: string;
  name: string;
  /** The first twelve characters. */
  prefix: string;
  mode: 'live' | 'test';
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  /** UTC, with milliseconds. */
  last_used_at: string | null;
  /** UTC, with milliseconds. */
  expires_at: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
  /** Shown once. */
  key: string;
};

export type RejectionItem = {
  id: string;
  endpoint_id: string;
  provider: string;
  /** A stable word; what it means is at /verification. */
  reason: string;
  method: string;
  path: string;
  /** Bytes of the body as it came. */
  size: number;
  /** Only the first 64 KiB of the body were kept. */
  body_truncated: boolean;
  remote_addr: string | null;
  /** UTC, with milliseconds. */
  received_at: string;
};

export type Rejection = {
  id: string;
  endpoint_id: string;
  provider: string;
  /** A stable word; what it means is at /verification. */
  reason: string;
  method: string;
  path: string;
  /** Bytes of the body as it came. */
  size: number;
  /** Only the first 64 KiB of the body were kept. */
  body_truncated: boolean;
  remote_addr: string | null;
  /** UTC, with milliseconds. */
  received_at: string;
  query: string;
  /** Lower-case names; a repeated header is an array. */
  headers: Record<string, string | string[]>;
  /** The body. With payload_format json it stands here byte for byte, so numbers are as precise as they were sent and names may repeat; text: a string; binary: null. The exact bytes are always at /raw. */
  payload: unknown;
  /** json: JSON of RFC 8259 in UTF-8, up to 1 MiB and 512 levels of objects and arrays. text: other UTF-8. binary: other bytes. */
  payload_format: 'json' | 'text' | 'binary';
};

export type Session = {
  id: string;
  /** It is the one that asks. Never with an API key. */
  current: boolean;
  /** The mode of the key or link that opened the session. */
  mode: 'live' | 'test';
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  key_id: string | null;
  /** The prefix of the key that opened the session, and that ends it when it is revoked. Null: a link that was made without a key opened it. */
  key_prefix: string | null;
  /** Where it was opened from; null: unknown. */
  remote_addr: string | null;
  /** What the browser said about itself then, up to 256 characters. */
  user_agent: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
  /** Exact to a minute. */
  last_used_at: string;
  /** It ends earlier when it is not used for twelve hours. */
  expires_at: string;
};

export type System = {
  version: string;
  /** Base of links, and of webhook URLs where ingest_url is null. */
  public_url: string;
  /** Origin of webhook URLs; null: the public URL. */
  ingest_url: string | null;
  roles: ('capture' | 'deliver' | 'api' | 'dashboard')[];
  /** Number of the newest migration in the database; null: it does not answer. */
  migration: number | null;
  queue: {
    /** Deliveries that are not over, of all users; up to 100000. */
    pending: number;
    /** How long the delivery that is most overdue has been waiting. */
    lag_seconds: number;
  } | null;
  /** Events that are over are removed after this; null: everything is kept. */
  retention_seconds: number | null;
  /** For how long a repeated delivery of a provider is known. */
  dedup_window_seconds: number;
  /** Bytes of the largest request. */
  body_limit: number;
  rate_limit: {
    per_second: number;
    burst: number;
  } | null;
  capture_rate_limit: {
    per_second: number;
    burst: number;
  } | null;
  storage_quota: {
    /** Bytes; null: no quota. */
    per_endpoint: number | null;
    per_user: number | null;
    /** Bytes that the unverified events of one endpoint may take. */
    unverified: number | null;
  };
  /** Of replays to staging; null: there is none. */
  staging_host: string | null;
  /** Of replays to local. */
  local_url: string;
};

export type Provider = {
  name: string;
  title: string;
  category: string;
  schemes: string[];
  default_scheme: string;
  /** verification.public_url is needed. */
  signs_url: boolean;
  /** It asks a question before it sends, which is answered. */
  handshake: boolean;
  /** It sends its secret in a handshake: secrets may be left empty. */
  hands_over_secret: boolean;
  /** What it calls the secret, and where it shows it. */
  secret: string;
  /** How to get there in its pages. */
  setup: string;
  documentation_url: string;
  /** Types of test events that there are samples of. */
  sample_event_types: string[];
  /** A: from its own source or a published vector. D: unconfirmed. */
  confidence: 'A' | 'B' | 'C' | 'D';
  /** Names in verification.settings with what they mean. */
  settings: Record<string, string>;
  /** How old a signed timestamp may be, unless settings.tolerance_seconds says otherwise. Null: not checked. */
  tolerance_seconds: number | null;
  /** Whether retries carry the timestamp of the first attempt. Null: no timestamp is signed. */
  retry_timestamp: 'first' | 'new' | 'unknown' | null;
};

export type Notifications = {
  slack: {
    /** Without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  discord: {
    /** Without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  teams: {
    /** Without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  /** Present while a channel is set up. */
  failing_after_minutes?: number;
};

export type NotificationSent = {
  status: 'delivered' | 'failed';
  response_status: number | null;
  latency_ms: number;
  error: string | null;
};

export type Stats = {
  total_events: number;
  delivered: number;
  failed: number;
  pending: number;
  captured: number;
  /** Percent of delivered and failed. */
  success_rate: number | null;
  /** Of the attempts that delivered. */
  avg_delivery_ms: number | null;
  /** Of the attempts that delivered, within 5 percent. */
  p95_delivery_ms: number | null;
  series: {
    /** Where the step begins. */
    at: string;
    total: number;
    delivered: number;
    failed: number;
  }[];
};

export type AuditRecord = {
  id: string;
  action:
    | 'access.denied'
    | 'destination.created'
    | 'destination.deleted'
    | 'destination.updated'
    | 'endpoint.created'
    | 'endpoint.deleted'
    | 'endpoint.tested'
    | 'endpoint.updated'
    | 'event.cancelled'
    | 'event.replayed'
    | 'key.created'
    | 'key.revoked'
    | 'notifications.tested'
    | 'notifications.updated'
    | 'replay.cancelled'
    | 'replay.created'
    | 'secret.received'
    | 'secret.revealed'
    | 'secret.rotated'
    | 'session.closed'
    | 'session.opened'
    | 'session.refused';
  object_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  key_id: string | null;
  remote_addr: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
};

export type Liveness = {
  status: 'ok';
};

export type Readiness = {
  status: 'ok' | 'unavailable';
  /** What is wrong. */
  reason: string | null;
  /** Number of the newest migration in the database. */
  migration: number | null;
  /** How long the delivery that is most overdue has been waiting. */
  lag_seconds: number | null;
};

export type ListMeta = {
  /** Of all pages; exact up to 10000. */
  total: number;
  /** There are more than 10000. */
  total_capped?: boolean;
  limit: number;
  offset: number;
  has_more: boolean;
  /** With q: whether everything was searched; false: page on. */
  search_complete?: boolean;
};

export type Error = {
  status: 'error';
  /** Stable. */
  code:
    | 'BAD_REQUEST'
    | 'UNAUTHORIZED'
    | 'INVALID_SIGNATURE'
    | 'FORBIDDEN'
    | 'NOT_FOUND'
    | 'METHOD_NOT_ALLOWED'
    | 'CONFLICT'
    | 'IDEMPOTENCY_KEY_CONFLICT'
    | 'GONE'
    | 'PRECONDITION_FAILED'
    | 'PAYLOAD_TOO_LARGE'
    | 'UNSUPPORTED_MEDIA_TYPE'
    | 'VALIDATION_FAILED'
    | 'DESTINATION_NOT_ALLOWED'
    | 'RATE_LIMITED'
    | 'RAW_BODY_CONSUMED'
    | 'INTERNAL'
    | 'UNAVAILABLE'
    | 'NOT_STARTED';
  /** For people. */
  message: string;
  /** What to do next. */
  hint: string;
  details: {
    field: string;
    message: string;
  }[];
  request_id: string;
};

export type ErrorCode =
  | 'BAD_REQUEST'
  | 'UNAUTHORIZED'
  | 'INVALID_SIGNATURE'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'CONFLICT'
  | 'IDEMPOTENCY_KEY_CONFLICT'
  | 'GONE'
  | 'PRECONDITION_FAILED'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'VALIDATION_FAILED'
  | 'DESTINATION_NOT_ALLOWED'
  | 'RATE_LIMITED'
  | 'RAW_BODY_CONSUMED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'NOT_STARTED';

/** What each operation takes and answers. */
export interface Operations {
  /** Answers while the process does, also when the database is down.  */
  'health.live': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Liveness;
  };
  /** Whether this process can do its work.  */
  'health.ready': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Readiness;
  };
  /** This document.  */
  'openapi.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Record<string, unknown>;
  };
  /** Metrics of this process for Prometheus. Needs the scope `operator`. */
  'metrics.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Signed ingest: X-PJ-Signature is the hex HMAC-SHA256 of "<X-PJ-Timestamp>.<raw body>" under the secret. Needs the scope `ingest`. */
  'ingest.signed': {
    params: {
      endpoint_id: string;
    };
    query: undefined;
    body: unknown;
    answer: Queued;
  };
  /** Server-sent events: event.created and event.updated with a list item each; Last-Event-ID resumes. Needs the scope `read`. */
  'events.stream': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Events, newest first. Filters combine. Needs the scope `read`. */
  'events.list': {
    params: undefined;
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
      status?: 'pending' | 'delivered' | 'failed' | 'captured';
      /** A provider's name, api, or unknown. */
      source?: string;
      /** Exact, or a prefix with a trailing .* */
      event_type?: string;
      /** Another name of event_type. Only one of them can be given. */
      event?: string;
      endpoint_id?: string;
      /** Received later than this. */
      since?: string | null;
      /** Received earlier than this. */
      until?: string | null;
      /** Text in id, event type or payload, taken literally. */
      q?: string;
    };
    body: undefined;
    answer: {
      data: EventItem[];
      meta: ListMeta;
    };
  };
  /** An event for many endpoints at once, all or none. Needs the scope `ingest`. */
  'events.publish': {
    params: undefined;
    query: undefined;
    body: {
      /** 1 to 128 letters, digits, - _ or . */
      event_type: string;
      /** Any JSON. Destinations receive its source text: big integers and 1.10 stay what they are. */
      payload: unknown;
      /** Omitted: every active endpoint whose event_types match. */
      endpoint_ids?: string[];
      /** A repetition with the same key makes nothing new. Kept for 72 hours. The header Idempotency-Key, if sent too, must be the same. */
      idempotency_key?: string | null;
    };
    answer: Published;
  };
  /** One event with its attempts. Needs the scope `read`. */
  'events.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Event;
  };
  /** The attempts of an event, newest first, with what was answered. A page with more than 1 MiB of it ends early. Needs the scope `read`. */
  'events.attempts': {
    params: {
      id: string;
    };
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Attempt[];
      meta: ListMeta;
    };
  };
  /** The exact bytes of the body, as an attachment. X-Paggio-Content-Type is the content type as received. Needs the scope `read`. */
  'events.raw': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** What is known about who sent an event; for one that was not verified, what verification would say now. Needs the scope `read`. */
  'events.verification': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: EventVerification;
  };
  /** Sends an event again: once and now to a URL or environment, or without a body as a new event with retries. Needs the scope `write`. resign and include_credentials need the scope `resign` or `admin` too. */
  'events.replay': {
    params: {
      id: string;
    };
    query: undefined;
    body:
      | {
          /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin. */
          include_credentials?: false;
          /** Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: false;
        }
      | {
          /** One attempt, now, to this URL. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
          destination_url: string;
          /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first when all have; staging, local: to the path of the first destination on that host; staging needs a staging host that the operator has set; custom: to custom_url. */
          environment: 'original' | 'staging' | 'local';
          /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first when all have; staging, local: to the path of the first destination on that host; staging needs a staging host that the operator has set; custom: to custom_url. */
          environment: 'custom';
          /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
          custom_url: string;
          /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first when all have; staging, local: to the path of the first destination on that host; staging needs a staging host that the operator has set; custom: to custom_url. */
          environment: 'custom';
          /** Another name of custom_url. */
          customUrl: string;
          /** Sends the sender's credentials to other hosts than the endpoint's own destination too. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs anew in the provider's own scheme with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        };
    answer: ReplayResult | Queued;
  };
  /** Stops what is pending of an event. Needs the scope `write`. */
  'events.cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Event;
  };
  /** Requests that verification refused, newest first: at most 100 per endpoint with bodies of 16 MiB together, for seven days. Needs the scope `read`. */
  'rejections.list': {
    params: undefined;
    query: {
      endpoint_id?: string;
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: RejectionItem[];
      meta: ListMeta;
    };
  };
  /** One refused request. Needs the scope `read`. */
  'rejections.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Rejection;
  };
  /** The exact bytes of a refused body, as an attachment. X-Paggio-Content-Type is the content type as received. Paggio-Body-Truncated: true says that the body was cut, and Paggio-Body-Size is the size of the whole body in bytes. Needs the scope `read`. */
  'rejections.raw': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Why a request was refused, what would have made it valid, and what to change. Needs the scope `read`. */
  'rejections.verification': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: RejectionVerification;
  };
  /** Bulk replays, newest first. Needs the scope `read`. */
  'replays.list': {
    params: undefined;
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: BulkReplay[];
      meta: ListMeta;
    };
  };
  /** Sends many events again, by the filters of the list. A dry run counts them. Needs the scope `write`. */
  'replays.create': {
    params: undefined;
    query: undefined;
    body: {
      /** The filters of the event list; at least one. */
      filter: {
        status?: 'pending' | 'delivered' | 'failed' | 'captured' | null;
        /** A provider's name, api, or unknown. */
        source?: string | null;
        /** Exact, or a prefix with a trailing .* */
        event_type?: string | null;
        /** Another name of event_type. Only one of them can be given. */
        event?: string | null;
        endpoint_id?: string | null;
        /** Received later than this. */
        since?: string | null;
        /** Received earlier than this. */
        until?: string | null;
        /** Text in id, event type or payload, taken literally. */
        q?: string | null;
      };
      /** Counts, and does nothing else. */
      dry_run?: boolean;
      /** Events per second; null: as fast as they are delivered. */
      rate_per_second?: number | null;
      /** Sends the events themselves to this destination, instead of copies to where their endpoints send. */
      destination_id?: string | null;
    };
    answer: BulkReplay;
  };
  /** One bulk replay and how far it is. Needs the scope `read`. */
  'replays.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: BulkReplay;
  };
  /** Queues nothing more, and cancels what is queued and not yet delivered. Needs the scope `write`. */
  'replays.cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: BulkReplay;
  };
  /** Endpoints, newest first. Needs the scope `read`. */
  'endpoints.list': {
    params: undefined;
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Endpoint[];
      meta: ListMeta;
    };
  };
  /** Makes an endpoint. The answer contains its secret. Needs the scope `write`. */
  'endpoints.create': {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      /** Instead of destination_url. */
      destinations?: {
        /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
        url: string;
        /** Default: default for the first, else the host of the URL. */
        name?: string;
        /** Exact, or a prefix with a trailing .*; empty: all. */
        event_types?: string[];
        /** On top of the endpoint's. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
        headers_json?: Record<string, string>;
        /** Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https. */
        tls?: {
          /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
          certificate?: string | null;
          /** The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
          private_key?: string | null;
          /** Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones. */
          certificate_authorities?: string | null;
        } | null;
        /** Null: the endpoint's. */
        timeout_seconds?: number | null;
        /** Null: the endpoint's. */
        retry?:
          | {
              preset?: 'default' | 'quick' | 'patient' | 'none';
              max_attempts?: number;
              base_seconds?: number;
              factor?: number;
              cap_seconds?: number;
              floor_seconds?: number;
              jitter?: 'full' | 'equal' | 'none';
              client_errors?: 'retry' | 'fail';
            }
          | {
              preset: 'standard-webhooks';
              client_errors?: 'retry' | 'fail';
            }
          | {
              schedule_seconds: number[];
              client_errors?: 'retry' | 'fail';
            }
          | null;
        /** PAUSED holds its deliveries, ACTIVE resumes them. */
        status?: 'ACTIVE' | 'PAUSED';
      }[];
      /** Signs deliveries and signed ingest: any text that is not blank. Default: whsec_ and base64 of 32 random bytes. For the header webhook-signature the key is the bytes of the base64 behind whsec_, or the whole text where it is no base64; for X-PJ-Signature always the whole text. */
      secret?: string;
      /** Where events go; empty or null: capture only. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      destination_url?: string | null;
      /** Another name of destination_url. Only one of them can be given. */
      url?: string | null;
      description?: string | null;
      /** Exact, or a prefix with a trailing .*; empty: all. */
      event_types?: string[];
      /** Sent with every delivery. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      timeout_seconds?: number;
      /** Null: the default policy. */
      retry?:
        | {
            preset?: 'default' | 'quick' | 'patient' | 'none';
            max_attempts?: number;
            base_seconds?: number;
            factor?: number;
            cap_seconds?: number;
            floor_seconds?: number;
            jitter?: 'full' | 'equal' | 'none';
            client_errors?: 'retry' | 'fail';
          }
        | {
            preset: 'standard-webhooks';
            client_errors?: 'retry' | 'fail';
          }
        | {
            schedule_seconds: number[];
            client_errors?: 'retry' | 'fail';
          }
        | null;
      /** Deliveries to one destination at the same time, of all processes together. */
      concurrency?: number;
      /** Deliveries per second to each destination; null: no limit. */
      rate_limit?: number | null;
      /** A header name or a JSON pointer into the body: events with the same value are delivered one after the other. */
      order_by?: string | null;
      /** Replaces the answer to senders; null: the provider's. */
      acknowledgement?: {
        status: number;
        /** text/plain, application/json, application/xml or text/xml; null: text/plain, or none for an empty body. */
        content_type?: string | null;
        /** Empty for the statuses 204 and 205, which have no body. */
        body: string;
      } | null;
      /** Null: nothing is verified. */
      verification?: {
        /** A name of the catalogue (GET /api/v1/providers), or custom with settings. */
        provider: string;
        /** One of the provider's schemes; null: its strongest. */
        scheme?: string | null;
        /** What the provider calls secret, token or public key, newest first; never read back. Nearly all providers need at least one. Left out in a PATCH: the stored ones stay. A PATCH that changes provider, scheme, settings or public_url has to send them again. */
        secrets?: (
          | string
          | {
              value: string;
              expires_at?: string | null;
            }
        )[];
        /** The URL as configured at the provider, for those that sign it. */
        public_url?: string | null;
        /** For custom: how requests are signed. */
        settings?: Record<string, unknown>;
        /** Secrets (or private keys) that replays to original, staging, local or custom are signed with; null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url has to send each stored one again, or null. */
        replay_secrets?: Record<string, string | null>;
      } | null;
      /** Methods that are taken in, in upper case and without CONNECT; null: all. Others are answered 405 and not stored. The provider's handshakes are answered whatever their method is. */
      methods?: string[] | null;
      /** Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. Only for gateways behind a proxy that sets or removes them. */
      forward_identity_headers?: boolean;
    };
    answer: EndpointCreated;
  };
  /** One endpoint. Needs the scope `read`. */
  'endpoints.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Endpoint;
  };
  /** Changes what is given. It takes effect on the very next request and attempt. Needs the scope `write`. Where requests carry the provider's secret itself (a token and no signature), a destination at a further host, and a change of the verification, need the scope `resign` or `admin`, or all present secrets in the same PATCH of the endpoint. */
  'endpoints.update': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      name?: string;
      /** All of them: what is left out is removed. Instead of destination_url. */
      destinations?: {
        /** Of a destination that is there already; without: a new one. */
        id?: string;
        /** Default: default for the first, else the host of the URL. */
        name?: string;
        /** Exact, or a prefix with a trailing .*; empty: all. */
        event_types?: string[];
        /** On top of the endpoint's. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
        headers_json?: Record<string, string>;
        /** Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https. */
        tls?: {
          /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
          certificate?: string | null;
          /** The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
          private_key?: string | null;
          /** Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones. */
          certificate_authorities?: string | null;
        } | null;
        /** Null: the endpoint's. */
        timeout_seconds?: number | null;
        /** Null: the endpoint's. */
        retry?:
          | {
              preset?: 'default' | 'quick' | 'patient' | 'none';
              max_attempts?: number;
              base_seconds?: number;
              factor?: number;
              cap_seconds?: number;
              floor_seconds?: number;
              jitter?: 'full' | 'equal' | 'none';
              client_errors?: 'retry' | 'fail';
            }
          | {
              preset: 'standard-webhooks';
              client_errors?: 'retry' | 'fail';
            }
          | {
              schedule_seconds: number[];
              client_errors?: 'retry' | 'fail';
            }
          | null;
        /** PAUSED holds its deliveries, ACTIVE resumes them. */
        status?: 'ACTIVE' | 'PAUSED';
        /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
        url?: string;
      }[];
      /** PAUSED keeps capturing and holds deliveries, ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
      /** Where events go; empty or null: capture only. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      destination_url?: string | null;
      /** Another name of destination_url. Only one of them can be given. */
      url?: string | null;
      description?: string | null;
      /** Exact, or a prefix with a trailing .*; empty: all. */
      event_types?: string[];
      /** Sent with every delivery. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      timeout_seconds?: number;
      /** Null: the default policy. */
      retry?:
        | {
            preset?: 'default' | 'quick' | 'patient' | 'none';
            max_attempts?: number;
            base_seconds?: number;
            factor?: number;
            cap_seconds?: number;
            floor_seconds?: number;
            jitter?: 'full' | 'equal' | 'none';
            client_errors?: 'retry' | 'fail';
          }
        | {
            preset: 'standard-webhooks';
            client_errors?: 'retry' | 'fail';
          }
        | {
            schedule_seconds: number[];
            client_errors?: 'retry' | 'fail';
          }
        | null;
      /** Deliveries to one destination at the same time, of all processes together. */
      concurrency?: number;
      /** Deliveries per second to each destination; null: no limit. */
      rate_limit?: number | null;
      /** A header name or a JSON pointer into the body: events with the same value are delivered one after the other. */
      order_by?: string | null;
      /** Replaces the answer to senders; null: the provider's. */
      acknowledgement?: {
        status: number;
        /** text/plain, application/json, application/xml or text/xml; null: text/plain, or none for an empty body. */
        content_type?: string | null;
        /** Empty for the statuses 204 and 205, which have no body. */
        body: string;
      } | null;
      /** Null: nothing is verified. */
      verification?: {
        /** A name of the catalogue (GET /api/v1/providers), or custom with settings. */
        provider: string;
        /** One of the provider's schemes; null: its strongest. */
        scheme?: string | null;
        /** What the provider calls secret, token or public key, newest first; never read back. Nearly all providers need at least one. Left out in a PATCH: the stored ones stay. A PATCH that changes provider, scheme, settings or public_url has to send them again. */
        secrets?: (
          | string
          | {
              value: string;
              expires_at?: string | null;
            }
        )[];
        /** The URL as configured at the provider, for those that sign it. */
        public_url?: string | null;
        /** For custom: how requests are signed. */
        settings?: Record<string, unknown>;
        /** Secrets (or private keys) that replays to original, staging, local or custom are signed with; null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url has to send each stored one again, or null. */
        replay_secrets?: Record<string, string | null>;
      } | null;
      /** Methods that are taken in, in upper case and without CONNECT; null: all. Others are answered 405 and not stored. The provider's handshakes are answered whatever their method is. */
      methods?: string[] | null;
      /** Deliveries carry headers such as X-Forwarded-For and X-Remote-User as the sender wrote them. Only for gateways behind a proxy that sets or removes them. */
      forward_identity_headers?: boolean;
    };
    answer: Endpoint;
  };
  /** Removes an endpoint. Pending deliveries are cancelled; events stay readable. Needs the scope `write`. */
  'endpoints.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** The secret in clear. The look is kept in the audit log. Needs the scope `admin`. */
  'endpoints.secret': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Secret;
  };
  /** A new secret; the previous one stays valid for a while. Needs the scope `admin`. */
  'endpoints.rotate_secret': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** Seconds that the previous secret stays valid beside the new one. Default 86400. */
      overlap_seconds?: number;
    };
    answer: RotatedSecret;
  };
  /** A sample event through the whole path. Needs the scope `write`. */
  'endpoints.test': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** One of the provider's samples (sample_event_types of GET /api/v1/providers), default the most typical one; any other, or without a provider, makes a plain event. */
      event_type?: string;
    };
    answer: TestQueued;
  };
  /** The destinations of an endpoint, with their state. Needs the scope `read`. */
  'destinations.list': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: {
      data: Destination[];
      meta: ListMeta;
    };
  };
  /** Adds a destination. Events from before reach it by a replay with its id. Needs the scope `write`. Where requests carry the provider's secret itself (a token and no signature), a destination at a further host, and a change of the verification, need the scope `resign` or `admin`, or all present secrets in the same PATCH of the endpoint. */
  'destinations.create': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      url: string;
      /** Default: default for the first, else the host of the URL. */
      name?: string;
      /** Exact, or a prefix with a trailing .*; empty: all. */
      event_types?: string[];
      /** On top of the endpoint's. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      /** Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https. */
      tls?: {
        /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
        certificate?: string | null;
        /** The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
        private_key?: string | null;
        /** Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones. */
        certificate_authorities?: string | null;
      } | null;
      /** Null: the endpoint's. */
      timeout_seconds?: number | null;
      /** Null: the endpoint's. */
      retry?:
        | {
            preset?: 'default' | 'quick' | 'patient' | 'none';
            max_attempts?: number;
            base_seconds?: number;
            factor?: number;
            cap_seconds?: number;
            floor_seconds?: number;
            jitter?: 'full' | 'equal' | 'none';
            client_errors?: 'retry' | 'fail';
          }
        | {
            preset: 'standard-webhooks';
            client_errors?: 'retry' | 'fail';
          }
        | {
            schedule_seconds: number[];
            client_errors?: 'retry' | 'fail';
          }
        | null;
      /** PAUSED holds its deliveries, ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
    };
    answer: Destination;
  };
  /** One destination, with its state. Needs the scope `read`. */
  'destinations.get': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Destination;
  };
  /** Changes what is given. ACTIVE resumes a paused destination. Needs the scope `write`. Where requests carry the provider's secret itself (a token and no signature), a destination at a further host, and a change of the verification, need the scope `resign` or `admin`, or all present secrets in the same PATCH of the endpoint. */
  'destinations.update': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: {
      /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      url?: string;
      /** Default: default for the first, else the host of the URL. */
      name?: string;
      /** Exact, or a prefix with a trailing .*; empty: all. */
      event_types?: string[];
      /** On top of the endpoint's. Encrypted at rest. Each name once, whatever its case, and none that belongs to HTTP or to Paggio; names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      /** Client certificate and further certificate authorities. Replaced as a whole; null removes them; left out, they stay. The URL must be https. */
      tls?: {
        /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
        certificate?: string | null;
        /** The key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
        private_key?: string | null;
        /** Certificate authorities in PEM that are trusted for this destination, in addition to the usual ones. */
        certificate_authorities?: string | null;
      } | null;
      /** Null: the endpoint's. */
      timeout_seconds?: number | null;
      /** Null: the endpoint's. */
      retry?:
        | {
            preset?: 'default' | 'quick' | 'patient' | 'none';
            max_attempts?: number;
            base_seconds?: number;
            factor?: number;
            cap_seconds?: number;
            floor_seconds?: number;
            jitter?: 'full' | 'equal' | 'none';
            client_errors?: 'retry' | 'fail';
          }
        | {
            preset: 'standard-webhooks';
            client_errors?: 'retry' | 'fail';
          }
        | {
            schedule_seconds: number[];
            client_errors?: 'retry' | 'fail';
          }
        | null;
      /** PAUSED holds its deliveries, ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
    };
    answer: Destination;
  };
  /** Removes a destination and cancels what is pending for it. Needs the scope `write`. */
  'destinations.delete': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** API keys, newest first. Needs the scope `admin`. With `operator` as well: the keys of every user. */
  'keys.list': {
    params: undefined;
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: ApiKey[];
      meta: ListMeta;
    };
  };
  /** Makes an API key. It is shown in this answer only. Needs the scope `admin`. user_id of another user needs `operator` as well. */
  'keys.create': {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      /** Default: the mode of the key that asks. */
      mode?: 'live' | 'test';
      /** Default: those of read, write and ingest that the key which asks has. Nobody grants a scope they lack; admin includes resign. */
      scopes?: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
      /** In the future, and no later than the end of the key that asks. Default: the same as that. Null: never. */
      expires_at?: string | null;
      /** Whose objects it works on; default: the user of the key that asks. Another user needs the scope operator. */
      user_id?: string;
    };
    answer: ApiKeyCreated;
  };
  /** Revokes an API key, on every node within 5 seconds. Needs the scope `admin`. A key of another user needs `operator` as well. */
  'keys.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Who is signed in to the dashboard as the user of the key, newest first. Needs the scope `admin`. */
  'sessions.list': {
    params: undefined;
    query: {
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Session[];
      meta: ListMeta;
    };
  };
  /** Ends every session of the user but the one that asks (with an API key: every one), and makes void the sign-in links that were not used yet. Needs the scope `admin`. */
  'sessions.delete_others': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Ends a session of the dashboard, on every node at once. Needs the scope `admin`. */
  'sessions.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Who did what to keys, secrets, endpoints, destinations, replays, tests and sessions, and what was refused, newest first. Needs the scope `admin`. */
  'audit.list': {
    params: undefined;
    query: {
      action?:
        | 'access.denied'
        | 'destination.created'
        | 'destination.deleted'
        | 'destination.updated'
        | 'endpoint.created'
        | 'endpoint.deleted'
        | 'endpoint.tested'
        | 'endpoint.updated'
        | 'event.cancelled'
        | 'event.replayed'
        | 'key.created'
        | 'key.revoked'
        | 'notifications.tested'
        | 'notifications.updated'
        | 'replay.cancelled'
        | 'replay.created'
        | 'secret.received'
        | 'secret.revealed'
        | 'secret.rotated'
        | 'session.closed'
        | 'session.opened'
        | 'session.refused';
      object_id?: string;
      /** Items of a page. */
      limit?: number;
      /** Items to skip. Not together with starting_after. */
      offset?: number;
      /** Id of the last item of the page before. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: AuditRecord[];
      meta: ListMeta;
    };
  };
  /** Which notifications Slack, Discord and Microsoft Teams get. Needs the scope `admin`. */
  'notifications.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Notifications;
  };
  /** Replaces the settings of all channels. The body names at least one; one that is null or left out is switched off. Needs the scope `admin`. */
  'notifications.put': {
    params: undefined;
    query: undefined;
    body:
      | {
          /** Slack, or what takes its incoming webhooks; null or left out: nothing is sent there. */
          slack: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Discord; null or left out: nothing is sent there. */
          discord?: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Microsoft Teams: the URL of a workflow; null or left out: nothing is sent there. */
          teams?: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** How long a destination fails before the trigger failing is sent, in minutes. Default 5. */
          failing_after_minutes?: number;
        }
      | {
          /** Discord; null or left out: nothing is sent there. */
          discord: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Microsoft Teams: the URL of a workflow; null or left out: nothing is sent there. */
          teams?: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** How long a destination fails before the trigger failing is sent, in minutes. Default 5. */
          failing_after_minutes?: number;
        }
      | {
          /** Microsoft Teams: the URL of a workflow; null or left out: nothing is sent there. */
          teams: {
            /** The incoming webhook of a channel; a secret. Left out: the stored one; required where none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What it is told about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** How long a destination fails before the trigger failing is sent, in minutes. Default 5. */
          failing_after_minutes?: number;
        };
    answer: Notifications;
  };
  /** Sends a message to a channel now, and says what became of it. Needs the scope `admin`. */
  'notifications.test': {
    params: undefined;
    query: undefined;
    body: {
      /** One that has a webhook. */
      channel: 'slack' | 'discord' | 'teams';
    };
    answer: NotificationSent;
  };
  /** Providers whose requests can be verified. Needs the scope `read`. */
  'providers.list': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      data: Provider[];
      meta: ListMeta;
    };
  };
  /** Events received in a stretch of time, by their state now, in all and as a series. Needs the scope `read`. */
  'stats.get': {
    params: undefined;
    query: {
      endpoint_id?: string;
      /** Received at or after this: before to, by at most 3660 days. Default 24 hours before to. */
      from?: string | null;
      /** Received before this; default now. */
      to?: string | null;
    };
    body: undefined;
    answer: Stats;
  };
  /** Server configuration and queue status. Needs the scope `operator`. */
  'system.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: System;
  };
}

export type OperationId = keyof Operations;

export const operations: Readonly<Record<OperationId, { method: string; path: string; idempotent: boolean }>> = {
  'health.live': { method: 'GET', path: '/health/live', idempotent: false },
  'health.ready': { method: 'GET', path: '/health', idempotent: false },
  'openapi.get': { method: 'GET', path: '/openapi.json', idempotent: false },
  'metrics.get': { method: 'GET', path: '/metrics', idempotent: false },
  'ingest.signed': { method: 'POST', path: '/e/{endpoint_id}', idempotent: true },
  'events.stream': { method: 'GET', path: '/api/v1/events/stream', idempotent: false },
  'events.list': { method: 'GET', path: '/api/v1/events', idempotent: false },
  'events.publish': { method: 'POST', path: '/api/v1/events', idempotent: true },
  'events.get': { method: 'GET', path: '/api/v1/events/{id}', idempotent: false },
  'events.attempts': { method: 'GET', path: '/api/v1/events/{id}/attempts', idempotent: false },
  'events.raw': { method: 'GET', path: '/api/v1/events/{id}/raw', idempotent: false },
  'events.verification': { method: 'GET', path: '/api/v1/events/{id}/verification', idempotent: false },
  'events.replay': { method: 'POST', path: '/api/v1/events/{id}/replay', idempotent: true },
  'events.cancel': { method: 'POST', path: '/api/v1/events/{id}/cancel', idempotent: false },
  'rejections.list': { method: 'GET', path: '/api/v1/rejections', idempotent: false },
  'rejections.get': { method: 'GET', path: '/api/v1/rejections/{id}', idempotent: false },
  'rejections.raw': { method: 'GET', path: '/api/v1/rejections/{id}/raw', idempotent: false },
  'rejections.verification': { method: 'GET', path: '/api/v1/rejections/{id}/verification', idempotent: false },
  'replays.list': { method: 'GET', path: '/api/v1/replays', idempotent: false },
  'replays.create': { method: 'POST', path: '/api/v1/replays', idempotent: true },
  'replays.get': { method: 'GET', path: '/api/v1/replays/{id}', idempotent: false },
  'replays.cancel': { method: 'POST', path: '/api/v1/replays/{id}/cancel', idempotent: false },
  'endpoints.list': { method: 'GET', path: '/api/v1/endpoints', idempotent: false },
  'endpoints.create': { method: 'POST', path: '/api/v1/endpoints', idempotent: false },
  'endpoints.get': { method: 'GET', path: '/api/v1/endpoints/{id}', idempotent: false },
  'endpoints.update': { method: 'PATCH', path: '/api/v1/endpoints/{id}', idempotent: false },
  'endpoints.delete': { method: 'DELETE', path: '/api/v1/endpoints/{id}', idempotent: false },
  'endpoints.secret': { method: 'GET', path: '/api/v1/endpoints/{id}/secret', idempotent: false },
  'endpoints.rotate_secret': { method: 'POST', path: '/api/v1/endpoints/{id}/rotate-secret', idempotent: false },
  'endpoints.test': { method: 'POST', path: '/api/v1/endpoints/{id}/test', idempotent: false },
  'destinations.list': { method: 'GET', path: '/api/v1/endpoints/{id}/destinations', idempotent: false },
  'destinations.create': { method: 'POST', path: '/api/v1/endpoints/{id}/destinations', idempotent: false },
  'destinations.get': {
    method: 'GET',
    path: '/api/v1/endpoints/{id}/destinations/{destination_id}',
    idempotent: false,
  },
  'destinations.update': {
    method: 'PATCH',
    path: '/api/v1/endpoints/{id}/destinations/{destination_id}',
    idempotent: false,
  },
  'destinations.delete': {
    method: 'DELETE',
    path: '/api/v1/endpoints/{id}/destinations/{destination_id}',
    idempotent: false,
  },
  'keys.list': { method: 'GET', path: '/api/v1/keys', idempotent: false },
  'keys.create': { method: 'POST', path: '/api/v1/keys', idempotent: false },
  'keys.delete': { method: 'DELETE', path: '/api/v1/keys/{id}', idempotent: false },
  'sessions.list': { method: 'GET', path: '/api/v1/sessions', idempotent: false },
  'sessions.delete_others': { method: 'DELETE', path: '/api/v1/sessions', idempotent: false },
  'sessions.delete': { method: 'DELETE', path: '/api/v1/sessions/{id}', idempotent: false },
  'audit.list': { method: 'GET', path: '/api/v1/audit', idempotent: false },
  'notifications.get': { method: 'GET', path: '/api/v1/notifications', idempotent: false },
  'notifications.put': { method: 'PUT', path: '/api/v1/notifications', idempotent: false },
  'notifications.test': { method: 'POST', path: '/api/v1/notifications/test', idempotent: false },
  'providers.list': { method: 'GET', path: '/api/v1/providers', idempotent: false },
  'stats.get': { method: 'GET', path: '/api/v1/stats', idempotent: false },
  'system.get': { method: 'GET', path: '/api/v1/system', idempotent: false },
};
