import type { VerificationConfig } from '@paggio/providers';
import type { RetryInput, RetryPolicy } from './retry-policy';
import type { Mode } from '../principal';
import type { DestinationTls, DestinationTlsInput } from './destination-tls';
import type { Health } from './health';

/** An endpoint as its owner sees it. Secrets are not part of it. */
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
  /** Methods that are taken in; null: all. */
  methods: string[] | null;
  forwardIdentityHeaders: boolean;
  status: Status;
  pausedAt: Date | null;
  pauseReason: string | null;
  health: Health;
  createdAt: Date;
  updatedAt: Date;
  /** Changes with the settings, here and in the destinations, and not with the health. */
  revision: string;
}

export interface Destination {
  id: string;
  name: string;
  /** `handler:<name>` for a function of the app. */
  url: string;
  /** Name of the function of the app; null: a URL. */
  handler: string | null;
  eventTypes: string[];
  headers: Record<string, string>;
  /** Its client certificate and certificate authorities; null: it has neither. The private key is never shown. */
  tls: DestinationTls | null;
  timeoutSeconds: number;
  retry: RetryPolicy | null;
  status: Status;
  pausedAt: Date | null;
  pauseReason: string | null;
  circuit: Circuit;
  /** The first failed attempt of the present outage; null while the destination does not count as failing. */
  failingSince: Date | null;
  /** Changes with the settings, and not with the circuit. */
  revision: string;
}

export type Status = 'ACTIVE' | 'PAUSED';

/**
 * `open`: after many failures in a row nothing is sent until `retryAt`. `half_open`: one delivery is on its way to see
 * whether the destination works again.
 */
export interface Circuit {
  state: 'closed' | 'open' | 'half_open';
  retryAt: Date | null;
}

export interface AcknowledgementSetting {
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
  settings: Readonly<Record<string, unknown>>;
  /** The last four characters of the secret of each environment that has one for replays. */
  replaySecretsLastFour: Record<string, string>;
}

/** A verification as it is kept, encrypted. */
export interface StoredVerification extends VerificationConfig {
  /** Of other environments, for replays that are signed anew; the newest of `secrets` where one has none. */
  replaySecrets?: Readonly<Record<string, string>>;
}

export interface VerificationInput {
  provider: string;
  scheme?: string | null;
  /** Left out in an update: the stored ones stay, as long as the members around them do. */
  secrets?: readonly (string | { value: string; expiresAt?: Date | null })[];
  publicUrl?: string | null;
  settings?: Record<string, unknown>;
  /**
   * By environment; null takes one away. One that is left out in an update stays, as long as `provider`, `scheme`, `settings`
   * and `publicUrl` do.
   */
  replaySecrets?: Record<string, string | null>;
}

/** A destination to be added, or with its id to be changed. */
export interface DestinationInput {
  /** Of an existing destination of the endpoint. */
  id?: string;
  /** @default 'default' for the first, else the host of the URL */
  name?: string;
  url?: string;
  /** Exact, or a prefix with a trailing `.*`; empty: all that the endpoint lets through. */
  eventTypes?: string[];
  /** On top of the endpoint's. */
  headers?: Record<string, string>;
  /**
   * Client certificate and further certificate authorities for TLS with this destination. They are replaced as a whole; null
   * removes them. The URL must be https.
   */
  tls?: DestinationTlsInput | null;
  /** Null: the endpoint's. */
  timeoutSeconds?: number | null;
  /** Null: the endpoint's. */
  retry?: RetryInput | null;
  status?: Status;
}

export interface EndpointInput {
  name: string;
  /** Null or empty: capture only. */
  destinationUrl?: string | null;
  /** All destinations: what is left out is removed. Not together with `destinationUrl`. */
  destinations?: DestinationInput[];
  /**
   * Signs deliveries and signed ingest: 1 to 512 characters, not blank, without control characters.
   * @default `whsec_` and base64 of 32 random bytes
   */
  secret?: string;
  description?: string | null;
  eventTypes?: string[];
  headers?: Record<string, string>;
  timeoutSeconds?: number;
  retry?: RetryInput | null;
  concurrency?: number;
  /** Deliveries per second to each destination (1 to 10000), or null: no limit. */
  rateLimit?: number | null;
  /** A header name or a JSON pointer into the body: events with the same value are delivered one after the other. */
  orderBy?: string | null;
  acknowledgement?: AcknowledgementSetting | null;
  verification?: VerificationInput | null;
  /**
   * Methods that are taken in, in upper case, such as `POST`; null: all. Any other is answered 405 and nothing is stored,
   * except for handshakes of the provider, which are answered whatever their method is.
   */
  methods?: string[] | null;
  /**
   * Deliveries carry headers such as `X-Forwarded-For` and `X-Remote-User` as the sender wrote them. Only for gateways
   * that cannot be reached except through a proxy of yours which sets or removes them.
   * @default false
   */
  forwardIdentityHeaders?: boolean;
}

/** A new `secret` needs the scope `admin`. The one before stays valid for a day beside it. */
export interface EndpointChange extends Partial<EndpointInput> {
  status?: Status;
}
