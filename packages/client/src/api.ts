// Made from docs/openapi.json by scripts/api-types.mjs: npm run openapi.

export type EventItem = {
  id: string;
  endpoint_id: string;
  /** The provider's name, api, or unknown. */
  source: string;
  event_type: string | null;
  method: string;
  /** pending: a delivery or retry is due. delivered, failed: every delivery has ended. captured: the event has no destination. */
  status: 'pending' | 'delivered' | 'failed' | 'captured';
  status_reason:
    'no_destination' | 'filtered' | 'paused' | 'exhausted' | 'cancelled' | 'refused' | 'endpoint_deleted' | null;
  /** HTTP status of the latest scheduled attempt to one destination. It is a destination whose delivery failed if there is one, otherwise one whose delivery is pending, otherwise the first. */
  response_status: number | null;
  latency_ms: number | null;
  /** HTTP status of the later replay that a destination accepted. Only failed events have it. */
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
  /** Names are in lower case. A repeated header is an array. */
  headers: Record<string, string | string[]>;
  /** The body. With payload_format json, it is embedded byte for byte, so numbers keep their precision and names may repeat. With text it is a string, with binary it is null. The exact bytes are always at /raw. */
  payload: unknown;
  /** json: JSON (RFC 8259) in UTF-8, up to 1 MiB and nested at most 512 deep. text: other UTF-8. binary: other bytes. */
  payload_format: 'json' | 'text' | 'binary';
  /** Size of the body in bytes. */
  size: number;
  remote_addr: string | null;
  /** pending: a delivery or retry is due. delivered, failed: every delivery has ended. captured: the event has no destination. */
  status: 'pending' | 'delivered' | 'failed' | 'captured';
  status_reason:
    'no_destination' | 'filtered' | 'paused' | 'exhausted' | 'cancelled' | 'refused' | 'endpoint_deleted' | null;
  /** HTTP status of the latest scheduled attempt to one destination. It is a destination whose delivery failed if there is one, otherwise one whose delivery is pending, otherwise the first. */
  response_status: number | null;
  latency_ms: number | null;
  /** HTTP status of the later replay that a destination accepted. Only failed events have it. */
  replayed_status?: number;
  /** Why the event has its status, in plain words. For a captured event, it follows from the current configuration. */
  status_detail: string | null;
  /** Up to 64 KiB. Null when it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  /** The newest 50 attempts, oldest first. Their responses have at most 256 KiB together: those of older attempts are cut. */
  attempts: Attempt[];
  /** Number of all attempts. GET /api/v1/events/{id}/attempts lists them with their full responses. */
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
  /** Ids of the newest 100 events that replay this one. */
  replayed_as: string[];
  /** Number of all events that replay this one. */
  replayed_as_total: number;
  /** Where a replay to the environment original would go now: every destination that has not accepted the event, or the first if all have. */
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
  /** Counts from 1. */
  number: number;
  trigger: 'scheduled' | 'replay';
  destination_id: string | null;
  destination_url: string;
  status: 'delivered' | 'failed';
  response_status: number | null;
  /** Up to 64 KiB. Null when it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  /** True when only the beginning of the response was stored, or is shown here. */
  response_body_truncated: boolean;
  /** Names are in lower case. A repeated header is an array. */
  response_headers: Record<string, string | string[]>;
  latency_ms: number;
  error: string | null;
  /** Why the attempt ended as it did. */
  reason: string;
  /** UTC, with milliseconds. */
  created_at: string;
};

export type Published = {
  deliveries: {
    endpoint_id: string;
    event_id: string;
    /** False when an earlier request with the same key created it. */
    created: boolean;
  }[];
};

export type EventVerification = {
  event_id: string;
  status: 'verified' | 'unverified';
  provider: string | null;
  /** A stable identifier. */
  reason: string | null;
  /** What is known, in plain words. */
  explanation: string;
  body_authenticated: boolean;
  matches: {
    /** A stable identifier. */
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
    /** What would have matched, or what was found. Never contains a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  hints: {
    /** A stable identifier. */
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
    /** What would have matched, or what was found. Never contains a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
};

export type RejectionVerification = {
  rejection_id: string;
  status: 'failed';
  provider: string | null;
  /** A stable identifier. */
  reason: string | null;
  /** What is known, in plain words. */
  explanation: string;
  body_authenticated: boolean;
  matches: {
    /** A stable identifier. */
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
    /** What would have matched, or what was found. Never contains a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  hints: {
    /** A stable identifier. */
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
    /** What would have matched, or what was found. Never contains a secret or a signature. */
    message: string;
    /** What to change. */
    fix: string;
  }[];
  /** True when the stored body was cut. matches and hints then come from the time when the request arrived. */
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
  /** Up to 64 KiB. Null when it is not UTF-8. */
  response_body: string | null;
  response_body_base64?: string;
  latency_ms: number;
  destination_url: string;
  /** UTC, with milliseconds. */
  replayed_at: string;
  error: string | null;
  /** Only for the environment original: one attempt for each destination. The answer itself describes the first one. */
  attempts?: {
    /** The id of the attempt. */
    id: string;
    status: 'delivered' | 'failed';
    response_status: number | null;
    /** Up to 64 KiB. Null when it is not UTF-8. */
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
  /** Events that matched when the replay began. */
  matched: number;
  /** Events queued so far. */
  created: number;
  /** Events that have no destination, or that this replay has already sent there. */
  skipped: number;
  /** Queued events that have been delivered. */
  done: number;
  /** Queued events whose delivery failed. */
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
  /** The URL, or handler:<name> for a function of the app. */
  url: string;
  event_types: string[];
  /** Values are masked as *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy | null;
  status: 'ACTIVE' | 'PAUSED';
  /** Present only when the destination has a client certificate or certificate authorities. The private key is never shown. */
  tls?: {
    certificate: {
      subject: string;
      issuer: string;
      /** SHA-256 of the DER certificate, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    } | null;
    certificate_authorities: {
      subject: string;
      issuer: string;
      /** SHA-256 of the DER certificate, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    }[];
  };
  /** Time of the first failed attempt in the current outage. A destination is failing once its circuit has opened, or after five failed attempts in a row over at least a minute. Present only while it is failing. */
  failing_since?: string;
};

export type Destination = {
  id: string;
  name: string;
  /** The URL, or handler:<name> for a function of the app. */
  url: string;
  event_types: string[];
  /** Values are masked as *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy | null;
  status: 'ACTIVE' | 'PAUSED';
  /** Present only when the destination has a client certificate or certificate authorities. The private key is never shown. */
  tls?: {
    certificate: {
      subject: string;
      issuer: string;
      /** SHA-256 of the DER certificate, in lower-case hex. */
      fingerprint: string;
      /** UTC, with milliseconds. */
      expires_at: string;
    } | null;
    certificate_authorities: {
      subject: string;
      issuer: string;
      /** SHA-256 of the DER certificate, in lower-case hex. */
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
  /** Time of the first failed attempt in the current outage. A destination is failing once its circuit has opened, or after five failed attempts in a row over at least a minute. */
  failing_since: string | null;
};

export type Endpoint = {
  id: string;
  user_id: string;
  name: string;
  slug: string;
  /** The URL to configure at the provider. */
  webhook_url: string;
  destination_url: string | null;
  description: string | null;
  destinations: DestinationItem[];
  event_types: string[];
  /** Values are masked as *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy;
  concurrency: number;
  /** Deliveries per second to each destination. Null: no limit. */
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
    /** The last four characters of the secret that signs replays to each environment. */
    replay_secrets_last_four: Record<string, string>;
  } | null;
  /** HTTP methods that are accepted. Null: all. */
  methods: string[] | null;
  /** True when headers such as X-Forwarded-For and X-Remote-User are passed on to destinations as the sender wrote them. */
  forward_identity_headers: boolean;
  status: 'ACTIVE' | 'PAUSED';
  /** UTC, with milliseconds. */
  paused_at: string | null;
  /** manual, or the reason why Paggio paused the endpoint. Null when it is not paused. */
  pause_reason: string | null;
  mode: 'live' | 'test';
  health: {
    /** failing: a destination is failing. healthy, degraded, unhealthy: by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the endpoint has no destination, and no delivery has ended. */
    label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
    success_rate: number | null;
    delivered: number;
    failed: number;
    /** When the longest current outage began. Present only while the label is failing. */
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
  /** The URL to configure at the provider. */
  webhook_url: string;
  destination_url: string | null;
  description: string | null;
  destinations: DestinationItem[];
  event_types: string[];
  /** Values are masked as *** unless the key has the scope write. */
  headers_json: Record<string, string>;
  timeout_seconds: number;
  retry: RetryPolicy;
  concurrency: number;
  /** Deliveries per second to each destination. Null: no limit. */
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
    /** The last four characters of the secret that signs replays to each environment. */
    replay_secrets_last_four: Record<string, string>;
  } | null;
  /** HTTP methods that are accepted. Null: all. */
  methods: string[] | null;
  /** True when headers such as X-Forwarded-For and X-Remote-User are passed on to destinations as the sender wrote them. */
  forward_identity_headers: boolean;
  status: 'ACTIVE' | 'PAUSED';
  /** UTC, with milliseconds. */
  paused_at: string | null;
  /** manual, or the reason why Paggio paused the endpoint. Null when it is not paused. */
  pause_reason: string | null;
  mode: 'live' | 'test';
  health: {
    /** failing: a destination is failing. healthy, degraded, unhealthy: by the share of successful deliveries. waiting: no delivery has ended yet. capturing: the endpoint has no destination, and no delivery has ended. */
    label: 'healthy' | 'degraded' | 'unhealthy' | 'failing' | 'waiting' | 'capturing';
    success_rate: number | null;
    delivered: number;
    failed: number;
    /** When the longest current outage began. Present only while the label is failing. */
    failing_since?: string;
  };
  /** UTC, with milliseconds. */
  created_at: string;
  /** UTC, with milliseconds. */
  updated_at: string;
  /** Shown only here, and when it is revealed or rotated. */
  secret: string;
};

export type Secret = {
  secret: string;
  /** The secret that the provider sent in a handshake (Notion, Asana). */
  verification_secret?: string;
};

export type RotatedSecret = {
  secret: string;
  /** Signatures made with the previous secret are accepted until then. */
  previous_expires_at: string;
};

export type ApiKey = {
  id: string;
  /** The user whose objects the key can access. Present only when it is another user; only operators see such keys. */
  user_id?: string;
  name: string;
  /** The first twelve characters of the key. */
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
  /** The user whose objects the key can access. Present only when it is another user; only operators see such keys. */
  user_id?: string;
  name: string;
  /** The first twelve characters of the key. */
  prefix: string;
  mode: 'live' | 'test';
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  /** UTC, with milliseconds. */
  last_used_at: string | null;
  /** UTC, with milliseconds. */
  expires_at: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
  /** The key itself. Only this answer shows it. */
  key: string;
};

export type RejectionItem = {
  id: string;
  endpoint_id: string;
  provider: string;
  /** A stable identifier. The explanation is at /verification. */
  reason: string;
  method: string;
  path: string;
  /** Size of the whole body in bytes. */
  size: number;
  /** True when only the first 64 KiB of the body were stored. */
  body_truncated: boolean;
  remote_addr: string | null;
  /** UTC, with milliseconds. */
  received_at: string;
};

export type Rejection = {
  id: string;
  endpoint_id: string;
  provider: string;
  /** A stable identifier. The explanation is at /verification. */
  reason: string;
  method: string;
  path: string;
  /** Size of the whole body in bytes. */
  size: number;
  /** True when only the first 64 KiB of the body were stored. */
  body_truncated: boolean;
  remote_addr: string | null;
  /** UTC, with milliseconds. */
  received_at: string;
  query: string;
  /** Names are in lower case. A repeated header is an array. */
  headers: Record<string, string | string[]>;
  /** The body. With payload_format json, it is embedded byte for byte, so numbers keep their precision and names may repeat. With text it is a string, with binary it is null. The exact bytes are always at /raw. */
  payload: unknown;
  /** json: JSON (RFC 8259) in UTF-8, up to 1 MiB and nested at most 512 deep. text: other UTF-8. binary: other bytes. */
  payload_format: 'json' | 'text' | 'binary';
};

export type Session = {
  id: string;
  /** True for the session that makes the request. Always false with an API key. */
  current: boolean;
  /** The mode of the key or link that opened the session. */
  mode: 'live' | 'test';
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  key_id: string | null;
  /** Prefix of the key that opened the session. Revoking that key ends the session. Null: a sign-in link that was created without a key opened it. */
  key_prefix: string | null;
  /** Address that the session was opened from. Null: unknown. */
  remote_addr: string | null;
  /** The User-Agent of the browser that opened the session, up to 256 characters. */
  user_agent: string | null;
  /** UTC, with milliseconds. */
  created_at: string;
  /** UTC, exact to a minute. */
  last_used_at: string;
  /** UTC. The session ends earlier if it is not used for twelve hours. */
  expires_at: string;
};

export type System = {
  version: string;
  /** Base URL of links, and of webhook URLs when ingest_url is null. */
  public_url: string;
  /** Origin of webhook URLs. Null: the public URL is used. */
  ingest_url: string | null;
  roles: ('capture' | 'deliver' | 'api' | 'dashboard')[];
  /** Number of the newest migration in the database. Null while the database does not answer. */
  migration: number | null;
  queue: {
    /** Unfinished deliveries of all users. Counted up to 100000. */
    pending: number;
    /** Seconds that the most overdue delivery has been waiting. */
    lag_seconds: number;
  } | null;
  /** Seconds after which finished events are deleted. Null: events are kept forever. */
  retention_seconds: number | null;
  /** Seconds for which a repeated delivery of a provider is recognized. */
  dedup_window_seconds: number;
  /** Largest request body, in bytes. */
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
    /** Bytes. Null: no quota. */
    per_endpoint: number | null;
    per_user: number | null;
    /** Bytes that the unverified events of one endpoint may take. Null: no quota. */
    unverified: number | null;
  };
  /** Host that replays to staging go to. Null: no staging host is set. */
  staging_host: string | null;
  /** Base URL that replays to local go to. */
  local_url: string;
};

export type Provider = {
  name: string;
  title: string;
  category: string;
  schemes: string[];
  default_scheme: string;
  /** True when the provider signs the URL, so that verification.public_url is needed. */
  signs_url: boolean;
  /** True when the provider sends a handshake first, which Paggio answers. */
  handshake: boolean;
  /** True when the provider sends its secret in a handshake, so secrets may be empty. */
  hands_over_secret: boolean;
  /** What the provider calls the secret, and where it shows it. */
  secret: string;
  /** How to set up the webhook at the provider. */
  setup: string;
  documentation_url: string;
  /** Event types for which Paggio has a sample. */
  sample_event_types: string[];
  /** How well the facts about the provider are confirmed. A: by its own source or a published test vector. D: unconfirmed. */
  confidence: 'A' | 'B' | 'C' | 'D';
  /** The members of verification.settings and what they mean. */
  settings: Record<string, string>;
  /** Largest age of a signed timestamp in seconds, unless settings.tolerance_seconds overrides it. Null: not checked. */
  tolerance_seconds: number | null;
  /** Whether retries carry the timestamp of the first attempt. Null: no timestamp is signed. */
  retry_timestamp: 'first' | 'new' | 'unknown' | null;
};

export type Notifications = {
  slack: {
    /** The URL of the webhook without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  discord: {
    /** The URL of the webhook without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  teams: {
    /** The URL of the webhook without its secret part. */
    url: string;
    triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
  } | null;
  /** Present only while a channel is set up. */
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
  /** Delivered events in percent of delivered and failed ones. Null: there are neither. */
  success_rate: number | null;
  /** Average for successful attempts. */
  avg_delivery_ms: number | null;
  /** 95th percentile for successful attempts, within 5 percent. */
  p95_delivery_ms: number | null;
  series: {
    /** Start of the step. UTC, with milliseconds. */
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
  /** Why the process is not ready. Null when it is ready. */
  reason: string | null;
  /** Number of the newest migration in the database. Null while the database does not answer. */
  migration: number | null;
  /** Seconds that the most overdue delivery has been waiting. */
  lag_seconds: number | null;
};

export type ListMeta = {
  /** Number of items on all pages. Exact up to 10000. */
  total: number;
  /** True when there are more than 10000 items. */
  total_capped?: boolean;
  limit: number;
  offset: number;
  has_more: boolean;
  /** Only with q: whether everything was searched. False: request the next page to search further. */
  search_complete?: boolean;
};

export type Error = {
  status: 'error';
  /** A stable identifier. */
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
  /** What went wrong, in plain words. */
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
  /** Liveness: answers even when the database is down.  */
  'health.live': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Liveness;
  };
  /** Readiness: whether this process can do its work.  */
  'health.ready': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Readiness;
  };
  /** The OpenAPI document of this server.  */
  'openapi.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Record<string, unknown>;
  };
  /** Metrics of this process, for Prometheus. Needs the scope `operator`. */
  'metrics.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Captures an event from your own producer, which signs it with the secret of the endpoint. Needs the scope `ingest`. */
  'ingest.signed': {
    params: {
      endpoint_id: string;
    };
    query: undefined;
    body: unknown;
    answer: Queued;
  };
  /** Streams events as server-sent events. Each event.created and event.updated carries an item of the event list. Needs the scope `read`. */
  'events.stream': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Lists events, newest first. An event must match all filters. Needs the scope `read`. */
  'events.list': {
    params: undefined;
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
      status?: 'pending' | 'delivered' | 'failed' | 'captured';
      /** A provider's name, api, or unknown. */
      source?: string;
      /** An exact event type, or a prefix that ends with .* */
      event_type?: string;
      /** Alias of event_type. Only one of them can be given. */
      event?: string;
      endpoint_id?: string;
      /** Events received after this time. */
      since?: string | null;
      /** Events received before this time. */
      until?: string | null;
      /** Text to find in the id, event type or payload. It is matched literally. */
      q?: string;
    };
    body: undefined;
    answer: {
      data: EventItem[];
      meta: ListMeta;
    };
  };
  /** Publishes an event to several endpoints at once. Either all of them get it or none does. Needs the scope `ingest`. */
  'events.publish': {
    params: undefined;
    query: undefined;
    body: {
      /** 1 to 128 letters, digits, - _ or . */
      event_type: string;
      /** Any JSON. Destinations receive its exact source text, so large integers and 1.10 stay unchanged. */
      payload: unknown;
      /** Default: every active endpoint whose event_types match. */
      endpoint_ids?: string[];
      /** A request that repeats an earlier one with the same key creates nothing new. Keys are kept for 72 hours. If the header Idempotency-Key is also sent, it must be the same. */
      idempotency_key?: string | null;
    };
    answer: Published;
  };
  /** Returns an event with its attempts. Needs the scope `read`. */
  'events.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Event;
  };
  /** Lists the attempts of an event, newest first, with their responses. A page ends early when its responses exceed 1 MiB. Needs the scope `read`. */
  'events.attempts': {
    params: {
      id: string;
    };
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Attempt[];
      meta: ListMeta;
    };
  };
  /** Downloads the exact bytes of the body. X-Paggio-Content-Type is the content type as received. Needs the scope `read`. */
  'events.raw': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Explains who sent an event. For an unverified event, it says what verification would find now. Needs the scope `read`. */
  'events.verification': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: EventVerification;
  };
  /** Sends an event again. With a body: one attempt, now, to a URL or environment. Without a body: a new event with retries. Needs the scope `write`. resign and include_credentials also need the scope `resign` or `admin`. */
  'events.replay': {
    params: {
      id: string;
    };
    query: undefined;
    body:
      | {
          /** Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin. */
          include_credentials?: false;
          /** Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: false;
        }
      | {
          /** One attempt, now, to this URL. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
          destination_url: string;
          /** Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first if all have. staging, local: to the path of the first destination, on that host. original and staging need a destination with a URL, and staging needs a staging host, which the operator sets. custom: to custom_url. */
          environment: 'original' | 'staging' | 'local';
          /** Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first if all have. staging, local: to the path of the first destination, on that host. original and staging need a destination with a URL, and staging needs a staging host, which the operator sets. custom: to custom_url. */
          environment: 'custom';
          /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
          custom_url: string;
          /** Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        }
      | {
          /** One attempt, now. original: to every destination that has not accepted the event, or to the first if all have. staging, local: to the path of the first destination, on that host. original and staging need a destination with a URL, and staging needs a staging host, which the operator sets. custom: to custom_url. */
          environment: 'custom';
          /** Alias of custom_url. */
          customUrl: string;
          /** Includes the sender's credentials even when the target is not a host of the endpoint's own destinations. Needs the scope resign or admin. */
          include_credentials?: boolean;
          /** Signs the request again in the provider's own scheme, with a fresh timestamp and the secret of the environment (verification.replay_secrets), so that the receiver's verification passes. Needs the scope resign or admin, and an endpoint with verification. */
          resign?: boolean;
        };
    answer: ReplayResult | Queued;
  };
  /** Cancels the pending deliveries of an event. Needs the scope `write`. */
  'events.cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Event;
  };
  /** Lists requests that verification refused, newest first. They are kept for seven days: at most 100 per endpoint, and 16 MiB of bodies. Needs the scope `read`. */
  'rejections.list': {
    params: undefined;
    query: {
      endpoint_id?: string;
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: RejectionItem[];
      meta: ListMeta;
    };
  };
  /** Returns a refused request. Needs the scope `read`. */
  'rejections.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Rejection;
  };
  /** Downloads the exact bytes of a refused body. X-Paggio-Content-Type is the content type as received. If the body was cut, Paggio-Body-Truncated is true and Paggio-Body-Size is the size of the whole body in bytes. Needs the scope `read`. */
  'rejections.raw': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Explains why a request was refused, what would have made it valid, and what to change. Needs the scope `read`. */
  'rejections.verification': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: RejectionVerification;
  };
  /** Lists bulk replays, newest first. Needs the scope `read`. */
  'replays.list': {
    params: undefined;
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: BulkReplay[];
      meta: ListMeta;
    };
  };
  /** Replays all events that match a filter. A dry run only counts them. Needs the scope `write`. */
  'replays.create': {
    params: undefined;
    query: undefined;
    body: {
      /** The filters of the event list. Give at least one. */
      filter: {
        status?: 'pending' | 'delivered' | 'failed' | 'captured' | null;
        /** A provider's name, api, or unknown. */
        source?: string | null;
        /** An exact event type, or a prefix that ends with .* */
        event_type?: string | null;
        /** Alias of event_type. Only one of them can be given. */
        event?: string | null;
        endpoint_id?: string | null;
        /** Events received after this time. */
        since?: string | null;
        /** Events received before this time. */
        until?: string | null;
        /** Text to find in the id, event type or payload. It is matched literally. */
        q?: string | null;
      };
      /** Only counts the events that match. */
      dry_run?: boolean;
      /** Events per second. Null: as fast as they are delivered. */
      rate_per_second?: number | null;
      /** Delivers the events themselves to this destination. Default: copies of the events go to the destinations of their endpoints. */
      destination_id?: string | null;
    };
    answer: BulkReplay;
  };
  /** Returns a bulk replay and its progress. Needs the scope `read`. */
  'replays.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: BulkReplay;
  };
  /** Cancels a bulk replay: no more events are queued, and queued deliveries are cancelled. Needs the scope `write`. */
  'replays.cancel': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: BulkReplay;
  };
  /** Lists endpoints, newest first. Needs the scope `read`. */
  'endpoints.list': {
    params: undefined;
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Endpoint[];
      meta: ListMeta;
    };
  };
  /** Creates an endpoint. The answer contains its secret. Needs the scope `write`. */
  'endpoints.create': {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      /** Use it instead of destination_url. */
      destinations?: {
        /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
        url: string;
        /** Default: "default" for the first destination, otherwise the host of the URL. */
        name?: string;
        /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
        event_types?: string[];
        /** Headers in addition to those of the endpoint. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
        headers_json?: Record<string, string>;
        /** Client certificate and additional certificate authorities. A value replaces all of them, null removes them, and without this member they stay. The URL must be https. */
        tls?: {
          /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
          certificate?: string | null;
          /** The private key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
          private_key?: string | null;
          /** Certificate authorities in PEM to trust for this destination, in addition to the default ones. */
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
        /** PAUSED holds the deliveries of this destination. ACTIVE resumes them. */
        status?: 'ACTIVE' | 'PAUSED';
      }[];
      /** The secret that signs deliveries and signed ingest: any text that is not blank. Default: whsec_ followed by 32 random bytes in base64. For the header webhook-signature, the key is the decoded base64 after whsec_, or the whole text if it is not base64. For X-PJ-Signature, the key is always the whole text. */
      secret?: string;
      /** Where events are delivered to. Empty or null: events are only captured. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      destination_url?: string | null;
      /** Alias of destination_url. Only one of them can be given. */
      url?: string | null;
      description?: string | null;
      /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
      event_types?: string[];
      /** Headers sent with every delivery. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      timeout_seconds?: number;
      /** When and how often failed attempts are repeated. Null: the default policy. */
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
      /** Largest number of concurrent deliveries to one destination, counted over all processes. */
      concurrency?: number;
      /** Largest number of deliveries per second to each destination. Null: no limit. */
      rate_limit?: number | null;
      /** A header name or a JSON pointer into the body. Events with the same value are delivered in order, one at a time. */
      order_by?: string | null;
      /** The answer that senders get. Null: the answer that the provider expects. */
      acknowledgement?: {
        status: number;
        /** text/plain, application/json, application/xml or text/xml. Null: text/plain, or no content type for an empty body. */
        content_type?: string | null;
        /** Empty for the statuses 204 and 205, which have no body. */
        body: string;
      } | null;
      /** How requests are verified. Null: they are not verified. */
      verification?: {
        /** A provider name from the catalogue (GET /api/v1/providers), or custom together with settings. */
        provider: string;
        /** One of the provider's schemes. Null: its strongest one. */
        scheme?: string | null;
        /** What the provider calls secret, token or public key, newest first. No answer contains them. Nearly all providers need at least one. A PATCH without this member keeps the stored ones, but must send them again if it changes provider, scheme, settings or public_url. */
        secrets?: (
          | string
          | {
              value: string;
              expires_at?: string | null;
            }
        )[];
        /** The URL as it is configured at the provider. Needed for providers that sign the URL. */
        public_url?: string | null;
        /** How requests are signed, for the provider custom. */
        settings?: Record<string, unknown>;
        /** Secrets or private keys that sign replays to original, staging, local or custom. Null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url must send each stored one again, or null. */
        replay_secrets?: Record<string, string | null>;
      } | null;
      /** HTTP methods that are accepted, in upper case and without CONNECT. Null: all. Requests with another method are answered with 405 and not stored. Handshakes of the provider are answered whatever their method. */
      methods?: string[] | null;
      /** Passes headers such as X-Forwarded-For and X-Remote-User on to destinations as the sender wrote them. Use it only behind a proxy that sets or removes them. */
      forward_identity_headers?: boolean;
    };
    answer: EndpointCreated;
  };
  /** Returns an endpoint. Needs the scope `read`. */
  'endpoints.get': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Endpoint;
  };
  /** Changes the fields that are given. The next request and the next attempt already use them. Needs the scope `write`. Some providers send the secret itself (a token instead of a signature). For their endpoints, a destination on a new host or a change of the verification also needs the scope `resign` or `admin`, or a PATCH of the endpoint that contains all current secrets. */
  'endpoints.update': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      name?: string;
      /** The complete list: a destination that is left out is deleted. Use it instead of destination_url. */
      destinations?: {
        /** Id of an existing destination. Without an id, a new destination is created. */
        id?: string;
        /** Default: "default" for the first destination, otherwise the host of the URL. */
        name?: string;
        /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
        event_types?: string[];
        /** Headers in addition to those of the endpoint. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
        headers_json?: Record<string, string>;
        /** Client certificate and additional certificate authorities. A value replaces all of them, null removes them, and without this member they stay. The URL must be https. */
        tls?: {
          /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
          certificate?: string | null;
          /** The private key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
          private_key?: string | null;
          /** Certificate authorities in PEM to trust for this destination, in addition to the default ones. */
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
        /** PAUSED holds the deliveries of this destination. ACTIVE resumes them. */
        status?: 'ACTIVE' | 'PAUSED';
        /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
        url?: string;
      }[];
      /** PAUSED keeps capturing but holds deliveries. ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
      /** Where events are delivered to. Empty or null: events are only captured. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      destination_url?: string | null;
      /** Alias of destination_url. Only one of them can be given. */
      url?: string | null;
      description?: string | null;
      /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
      event_types?: string[];
      /** Headers sent with every delivery. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      timeout_seconds?: number;
      /** When and how often failed attempts are repeated. Null: the default policy. */
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
      /** Largest number of concurrent deliveries to one destination, counted over all processes. */
      concurrency?: number;
      /** Largest number of deliveries per second to each destination. Null: no limit. */
      rate_limit?: number | null;
      /** A header name or a JSON pointer into the body. Events with the same value are delivered in order, one at a time. */
      order_by?: string | null;
      /** The answer that senders get. Null: the answer that the provider expects. */
      acknowledgement?: {
        status: number;
        /** text/plain, application/json, application/xml or text/xml. Null: text/plain, or no content type for an empty body. */
        content_type?: string | null;
        /** Empty for the statuses 204 and 205, which have no body. */
        body: string;
      } | null;
      /** How requests are verified. Null: they are not verified. */
      verification?: {
        /** A provider name from the catalogue (GET /api/v1/providers), or custom together with settings. */
        provider: string;
        /** One of the provider's schemes. Null: its strongest one. */
        scheme?: string | null;
        /** What the provider calls secret, token or public key, newest first. No answer contains them. Nearly all providers need at least one. A PATCH without this member keeps the stored ones, but must send them again if it changes provider, scheme, settings or public_url. */
        secrets?: (
          | string
          | {
              value: string;
              expires_at?: string | null;
            }
        )[];
        /** The URL as it is configured at the provider. Needed for providers that sign the URL. */
        public_url?: string | null;
        /** How requests are signed, for the provider custom. */
        settings?: Record<string, unknown>;
        /** Secrets or private keys that sign replays to original, staging, local or custom. Null removes one. Default: the newest of secrets. A PATCH that changes provider, scheme, settings or public_url must send each stored one again, or null. */
        replay_secrets?: Record<string, string | null>;
      } | null;
      /** HTTP methods that are accepted, in upper case and without CONNECT. Null: all. Requests with another method are answered with 405 and not stored. Handshakes of the provider are answered whatever their method. */
      methods?: string[] | null;
      /** Passes headers such as X-Forwarded-For and X-Remote-User on to destinations as the sender wrote them. Use it only behind a proxy that sets or removes them. */
      forward_identity_headers?: boolean;
    };
    answer: Endpoint;
  };
  /** Deletes an endpoint and cancels its pending deliveries. Its events stay readable. Needs the scope `write`. */
  'endpoints.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Reveals the secret. Viewing it is recorded in the audit log. Needs the scope `admin`. */
  'endpoints.secret': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: Secret;
  };
  /** Creates a new secret. The previous one stays valid for a while. Needs the scope `admin`. */
  'endpoints.rotate_secret': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** Seconds for which the previous secret stays valid next to the new one. Default 86400. */
      overlap_seconds?: number;
    };
    answer: RotatedSecret;
  };
  /** Sends a sample event through capture, verification and delivery. Needs the scope `write`. */
  'endpoints.test': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** One of the provider's samples (sample_event_types of GET /api/v1/providers). Default: its most typical one. Any other type, or an endpoint without a provider, gets a generic event. */
      event_type?: string;
    };
    answer: TestQueued;
  };
  /** Lists the destinations of an endpoint, with their state. Needs the scope `read`. */
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
  /** Adds a destination to an endpoint. To send earlier events to it, replay them with its id. Needs the scope `write`. Some providers send the secret itself (a token instead of a signature). For their endpoints, a destination on a new host or a change of the verification also needs the scope `resign` or `admin`, or a PATCH of the endpoint that contains all current secrets. */
  'destinations.create': {
    params: {
      id: string;
    };
    query: undefined;
    body: {
      /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      url: string;
      /** Default: "default" for the first destination, otherwise the host of the URL. */
      name?: string;
      /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
      event_types?: string[];
      /** Headers in addition to those of the endpoint. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      /** Client certificate and additional certificate authorities. A value replaces all of them, null removes them, and without this member they stay. The URL must be https. */
      tls?: {
        /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
        certificate?: string | null;
        /** The private key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
        private_key?: string | null;
        /** Certificate authorities in PEM to trust for this destination, in addition to the default ones. */
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
      /** PAUSED holds the deliveries of this destination. ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
    };
    answer: Destination;
  };
  /** Returns a destination, with its state. Needs the scope `read`. */
  'destinations.get': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: undefined;
    answer: Destination;
  };
  /** Changes the fields that are given. The status ACTIVE resumes a paused destination. Needs the scope `write`. Some providers send the secret itself (a token instead of a signature). For their endpoints, a destination on a new host or a change of the verification also needs the scope `resign` or `admin`, or a PATCH of the endpoint that contains all current secrets. */
  'destinations.update': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: {
      /** An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
      url?: string;
      /** Default: "default" for the first destination, otherwise the host of the URL. */
      name?: string;
      /** Event types to accept: exact, or a prefix that ends with .* An empty list accepts all. */
      event_types?: string[];
      /** Headers in addition to those of the endpoint. They are encrypted at rest. Each name once, whatever its case, and no name that belongs to HTTP or to Paggio. Names and values have at most 16384 characters together. */
      headers_json?: Record<string, string>;
      /** Client certificate and additional certificate authorities. A value replaces all of them, null removes them, and without this member they stay. The URL must be https. */
      tls?: {
        /** The client certificate in PEM, followed by its intermediate certificates. Needs private_key. */
        certificate?: string | null;
        /** The private key of the client certificate, in PEM without a passphrase. It is encrypted at rest, and no answer contains it. */
        private_key?: string | null;
        /** Certificate authorities in PEM to trust for this destination, in addition to the default ones. */
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
      /** PAUSED holds the deliveries of this destination. ACTIVE resumes them. */
      status?: 'ACTIVE' | 'PAUSED';
    };
    answer: Destination;
  };
  /** Deletes a destination and cancels its pending deliveries. Needs the scope `write`. */
  'destinations.delete': {
    params: {
      id: string;
      destination_id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Lists API keys, newest first. Needs the scope `admin`. With the scope `operator` too, it lists the keys of all users. */
  'keys.list': {
    params: undefined;
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: ApiKey[];
      meta: ListMeta;
    };
  };
  /** Creates an API key. Only this answer shows it. Needs the scope `admin`. A key for another user also needs the scope `operator`. */
  'keys.create': {
    params: undefined;
    query: undefined;
    body: {
      name: string;
      /** Default: the mode of the key that makes the request. */
      mode?: 'live' | 'test';
      /** Default: read, write and ingest, as far as the key that makes the request has them. A key can only grant scopes that it has; admin includes resign. */
      scopes?: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
      /** When the key expires. In the future, and no later than the key that makes the request, whose expiry is the default. Null: never. */
      expires_at?: string | null;
      /** The user whose objects the key can access. Default: the user of the key that makes the request. Another user needs the scope operator. */
      user_id?: string;
    };
    answer: ApiKeyCreated;
  };
  /** Revokes an API key. It takes effect on every node within 5 seconds. Needs the scope `admin`. The key of another user also needs the scope `operator`. */
  'keys.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Lists the dashboard sessions of the user of the key, newest first. Needs the scope `admin`. */
  'sessions.list': {
    params: undefined;
    query: {
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: Session[];
      meta: ListMeta;
    };
  };
  /** Ends all other dashboard sessions of the user, or all of them if the request uses an API key. Unused sign-in links stop working. Needs the scope `admin`. */
  'sessions.delete_others': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Ends a dashboard session, on every node at once. Needs the scope `admin`. */
  'sessions.delete': {
    params: {
      id: string;
    };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Lists audit entries, newest first: who changed or viewed keys, secrets, endpoints, destinations, replays, tests and sessions, and what was refused. Needs the scope `admin`. */
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
      /** Number of items per page. */
      limit?: number;
      /** Number of items to skip. Cannot be combined with starting_after. */
      offset?: number;
      /** Id of the last item of the previous page. */
      starting_after?: string;
    };
    body: undefined;
    answer: {
      data: AuditRecord[];
      meta: ListMeta;
    };
  };
  /** Returns the notification settings of Slack, Discord and Microsoft Teams. Needs the scope `admin`. */
  'notifications.get': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: Notifications;
  };
  /** Replaces the settings of all channels. The body names at least one channel. A channel that is null or left out is switched off. Needs the scope `admin`. */
  'notifications.put': {
    params: undefined;
    query: undefined;
    body:
      | {
          /** Slack, or a product that accepts Slack webhooks. Null or left out: switched off. */
          slack: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Discord. Null or left out: switched off. */
          discord?: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Microsoft Teams, by the URL of a workflow. Null or left out: switched off. */
          teams?: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Minutes for which a destination must fail before the trigger failing is sent. Default 5. */
          failing_after_minutes?: number;
        }
      | {
          /** Discord. Null or left out: switched off. */
          discord: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Microsoft Teams, by the URL of a workflow. Null or left out: switched off. */
          teams?: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Minutes for which a destination must fail before the trigger failing is sent. Default 5. */
          failing_after_minutes?: number;
        }
      | {
          /** Microsoft Teams, by the URL of a workflow. Null or left out: switched off. */
          teams: {
            /** The incoming webhook of the channel, which is a secret. Default: the stored one; required if none is stored. An http or https URL with a public address, without a user name, a password, spaces, control characters or port 0. */
            url?: string;
            /** What the channel is notified about. */
            triggers: ('failed' | 'delivered' | 'unhealthy' | 'failing' | 'recovered' | 'paused' | 'storage')[];
          } | null;
          /** Minutes for which a destination must fail before the trigger failing is sent. Default 5. */
          failing_after_minutes?: number;
        };
    answer: Notifications;
  };
  /** Sends a test message to a channel now, and returns the result. Needs the scope `admin`. */
  'notifications.test': {
    params: undefined;
    query: undefined;
    body: {
      /** A channel that has a webhook. */
      channel: 'slack' | 'discord' | 'teams';
    };
    answer: NotificationSent;
  };
  /** Lists the providers whose requests Paggio can verify. Needs the scope `read`. */
  'providers.list': {
    params: undefined;
    query: undefined;
    body: undefined;
    answer: {
      data: Provider[];
      meta: ListMeta;
    };
  };
  /** Counts the events received in a period by their current status, in total and as a time series. Needs the scope `read`. */
  'stats.get': {
    params: undefined;
    query: {
      endpoint_id?: string;
      /** Start of the period, inclusive. It must be before to, by at most 3660 days. Default: 24 hours before to. */
      from?: string | null;
      /** End of the period, exclusive. Default: now. */
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
