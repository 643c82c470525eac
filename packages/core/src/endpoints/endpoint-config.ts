import type { Acknowledgement, Verifier } from '@paggio/providers';
import type { OrderBy } from './order-key';
import type { TlsIdentity } from '../transport/tls-trust';
import type { RetryPolicy } from './retry-policy';
import type { Owner } from '../principal';

/** An endpoint as the hot paths need it: decrypted, parsed, and with a verifier that is ready to use. */
export interface EndpointConfig extends Owner {
  id: string;
  idBytes: Buffer;
  name: string;
  slug: string;
  /** Active secrets, newest first. There are two while a rotation overlaps. */
  secrets: readonly string[];
  eventTypes: readonly string[];
  acknowledgement: Acknowledgement | null;
  /**
   * `null` means that no verification is configured. `broken` means that it is damaged or cannot be used, and every
   * request is refused.
   */
  verifier: Verifier | null | 'broken';
  /** Secrets that sign replays to other environments, by environment. */
  replaySecrets: Readonly<Record<string, string>>;
  concurrency: number;
  /** Deliveries per second to each destination. `null` means no limit. */
  rateLimit: number | null;
  /** `null` means that deliveries are independent of each other. */
  orderBy: OrderBy | null;
  /** Accepted methods. `null` accepts all. */
  methods: readonly string[] | null;
  /** Whether deliveries carry `X-Forwarded-For` and similar headers as the sender wrote them. */
  forwardIdentityHeaders: boolean;
  /** Lower-case names of the headers that verification reads. They are forwarded even if they are identity headers. */
  verificationHeaders: ReadonlySet<string>;
  paused: boolean;
  deleted: boolean;
  /** The destinations in the order in which they were added, without deleted ones. */
  destinations: readonly DestinationConfig[];
  /**
   * Handlers of the app that have had no event of this endpoint yet. Each becomes a destination with its first event.
   */
  handlers: readonly HandlerRule[];
}

export interface DestinationConfig {
  id: string;
  idBytes: Buffer;
  /** `handler:<name>` for a function of the app. */
  url: string;
  /** Name of the function of the app. `null` means that the destination is a URL. */
  handler: string | null;
  /** The rule of a handler. `null` for a URL, and for a handler that was removed or no longer covers this endpoint. */
  rule: HandlerRule | null;
  eventTypes: readonly string[];
  headers: readonly [string, string][];
  /** Its client certificate and certificate authorities. `null` means that it has neither. */
  tls: TlsIdentity | null;
  timeoutMs: number;
  retry: RetryPolicy;
  /** Concurrent attempts, counted over all processes. */
  concurrency: number;
  paused: boolean;
}

/** The events that a handler of the app wants from the endpoints that it covers. */
export interface HandlerRule {
  name: string;
  /** The source that an event must have. `*` matches every source. */
  source: string;
  /** Exact types, or prefixes with a trailing `.*`. An empty list matches every type. */
  eventTypes: readonly string[];
  /** Whether the handler also gets events that no verification has confirmed. */
  unverified: boolean;
}

/** The properties of an event that decide where it goes. */
export interface RoutedEvent {
  source: string;
  eventType: string | null;
  /** `null` means that no verification has confirmed the sender. */
  verifiedBy: string | null;
}

export function wantedBy(rule: HandlerRule, event: RoutedEvent): boolean {
  return (
    (rule.source === '*' || rule.source === event.source) &&
    (rule.unverified || event.verifiedBy !== null) &&
    matchesEventType(rule.eventTypes, event.eventType)
  );
}

/** Whether a filter matches: exactly, or as a prefix with a trailing `.*`. An empty list matches every event. */
export function matchesEventType(filters: readonly string[], eventType: string | null): boolean {
  if (filters.length === 0) return true;
  if (eventType === null) return false;
  return filters.some((filter) =>
    filter.endsWith('.*') ? eventType.startsWith(filter.slice(0, -1)) : filter === eventType,
  );
}
