import type { VerificationConfig, VerificationSettings } from '@paggio/providers';
import type { RetryInput, RetryPolicy } from './retry-policy';
import type { Mode } from '../principal';
import type { DestinationTls, DestinationTlsInput } from './destination-tls';
import type { Health } from './health';

/** An endpoint as its owner sees it, without its secrets. */
export interface Endpoint {
  id: string;
  userId: string;
  mode: Mode;
  name: string;
  slug: string;
  webhookUrl: string;
  description: string | null;
  destinations: Destination[];
  eventTypes: string[];
  headers: Record<string, string>;
  timeoutSeconds: number;
  retry: RetryPolicy;
  concurrency: number;
  rateLimit: number | null;
  orderBy: string | null;
  acknowledgement: AcknowledgementSetting | null;
  verification: VerificationView | null;
  /** Accepted methods. `null` accepts all. */
  methods: string[] | null;
  forwardIdentityHeaders: boolean;
  status: Status;
  pausedAt: Date | null;
  pauseReason: string | null;
  health: Health;
  createdAt: Date;
  updatedAt: Date;
  /** Changes whenever a setting of the endpoint or of a destination changes, but not with the health. */
  revision: string;
}

export interface Destination {
  id: string;
  name: string;
  /** `handler:<name>` for a function of the app. */
  url: string;
  /** Name of the function of the app. `null` means that the destination is a URL. */
  handler: string | null;
  eventTypes: string[];
  headers: Record<string, string>;
  /**
   * Its client certificate and certificate authorities. `null` means that it has neither. The private key is never
   * shown.
   */
  tls: DestinationTls | null;
  timeoutSeconds: number;
  retry: RetryPolicy | null;
  status: Status;
  pausedAt: Date | null;
  pauseReason: string | null;
  circuit: Circuit;
  /** Time of the first failed attempt of the current outage. `null` while the destination does not count as failing. */
  failingSince: Date | null;
  /** Changes whenever a setting changes, but not with the circuit. */
  revision: string;
}

export type Status = 'ACTIVE' | 'PAUSED';

/**
 * The circuit breaker of a destination. `open` means that nothing is sent until `retryAt`, because many attempts in a
 * row have failed. `half_open` means that one delivery is under way to see whether the destination works again.
 */
export interface Circuit {
  state: 'closed' | 'open' | 'half_open';
  retryAt: Date | null;
}

/** The answer of a webhook URL to a stored event. */
export interface AcknowledgementSetting {
  /** 200 to 299. */
  status: number;
  contentType: string | null;
  body: string;
}

export interface VerificationView {
  provider: string;
  scheme: string | null;
  secretsCount: number;
  /** The last four characters of each secret. */
  secretsLastFour: string[];
  publicUrl: string | null;
  settings: VerificationSettings;
  /** The last four characters of the secret of each environment that has one for replays. */
  replaySecretsLastFour: Record<string, string>;
}

/** The settings of a verification that are stored. The database has them encrypted. */
export interface StoredVerification extends VerificationConfig {
  /** Secrets that sign replays to other environments, by environment. Without one, the newest of `secrets` signs. */
  replaySecrets?: Readonly<Record<string, string>>;
}

export interface VerificationInput {
  provider: string;
  scheme?: string | null;
  /** If an update leaves them out, the stored ones stay, as long as the other members stay the same. */
  secrets?: readonly (string | { value: string; expiresAt?: Date | null })[];
  publicUrl?: string | null;
  settings?: VerificationSettings;
  /**
   * Secrets that sign replays to other environments, by environment. `null` removes one. If an update leaves one out,
   * it stays, as long as `provider`, `scheme`, `settings` and `publicUrl` stay the same.
   */
  replaySecrets?: Record<string, string | null>;
}

/** A destination to add, or to change if it has an id. */
export interface DestinationInput {
  /** Id of an existing destination of the endpoint. */
  id?: string;
  /** @default 'default' for the first, else the host of the URL */
  name?: string;
  url?: string;
  /** Exact types, or prefixes with a trailing `.*`. An empty list takes every event that the endpoint lets through. */
  eventTypes?: string[];
  /** Headers in addition to the endpoint's. They override headers of the same name. */
  headers?: Record<string, string>;
  /**
   * Client certificate and additional certificate authorities for TLS with this destination. An update replaces them as
   * a whole, and `null` removes them. The URL must be https.
   */
  tls?: DestinationTlsInput | null;
  /** `null` uses the endpoint's timeout. */
  timeoutSeconds?: number | null;
  /** `null` uses the endpoint's retry policy. */
  retry?: RetryInput | null;
  status?: Status;
}

export interface EndpointInput {
  name: string;
  /** URL of the first destination. With `null` or an empty text there is none, and events are only captured. */
  destinationUrl?: string | null;
  /** All destinations. An update removes those that it leaves out. It cannot be combined with `destinationUrl`. */
  destinations?: DestinationInput[];
  /**
   * Signs deliveries and signed ingest. It has 1 to 512 characters, is not blank, and has no control characters.
   * @default `whsec_` and 32 random bytes in base64
   */
  secret?: string;
  /** Up to 2000 characters. @default null */
  description?: string | null;
  /** Exact types, or prefixes with a trailing `.*`. Other events are only captured. @default [], which means all */
  eventTypes?: string[];
  /** Headers that every delivery carries: at most 50, and 16,384 characters in all. @default {} */
  headers?: Record<string, string>;
  /** Time limit for an attempt, in seconds (1 to 60). @default 10 */
  timeoutSeconds?: number;
  retry?: RetryInput | null;
  concurrency?: number;
  /** Deliveries per second to each destination (1 to 10,000). `null` means no limit. */
  rateLimit?: number | null;
  /** A header name, or a JSON pointer into the body. Events with the same value are delivered one after the other. */
  orderBy?: string | null;
  /** The answer to a stored event. `null` uses that of the provider, or else that of Paggio. @default null */
  acknowledgement?: AcknowledgementSetting | null;
  /** Verifies signatures of the provider and refuses invalid requests. `null` verifies nothing. @default null */
  verification?: VerificationInput | null;
  /**
   * Accepted methods in upper case, such as `POST`. `null` accepts all. Any other method is answered with 405, and
   * nothing is stored. A handshake of the provider is answered whatever its method is.
   */
  methods?: string[] | null;
  /**
   * Whether deliveries carry headers such as `X-Forwarded-For` and `X-Remote-User` as the sender wrote them. Use it
   * only if every request reaches the gateway through a proxy of yours that sets or removes these headers.
   * @default false
   */
  forwardIdentityHeaders?: boolean;
}

/** A change of an endpoint. A new `secret` needs the scope `admin`, and the previous one stays valid for a day. */
export interface EndpointChange extends Partial<EndpointInput> {
  status?: Status;
}
