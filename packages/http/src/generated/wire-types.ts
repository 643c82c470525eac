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
