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
