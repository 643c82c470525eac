import type { Acknowledgement, Verifier } from '@paggio/providers';
import type { OrderBy } from './order-key';
import type { TlsIdentity } from '../transport/tls-trust';
import type { RetryPolicy } from './retry-policy';
import type { Owner } from '../principal';

/** An endpoint as the hot paths need it: decrypted, parsed and with its verifier built. */
export interface EndpointConfig extends Owner {
  id: string;
  idBytes: Buffer;
  name: string;
  slug: string;
  /** Active secrets, newest first: two while a rotation overlaps. */
  secrets: readonly string[];
  eventTypes: readonly string[];
  acknowledgement: Acknowledgement | null;
  /** Null: none configured. `broken`: configured, but it is damaged or cannot be used; every request is refused. */
  verifier: Verifier | null | 'broken';
  /** Secrets of other environments that replays are signed with, by environment. */
  replaySecrets: Readonly<Record<string, string>>;
  concurrency: number;
  /** Deliveries per second to each destination, or null. */
  rateLimit: number | null;
  /** Null: deliveries are independent of each other. */
  orderBy: OrderBy | null;
  /** Methods that are taken in; null: all. */
  methods: readonly string[] | null;
  /** Deliveries carry `X-Forwarded-For` and the like as the sender wrote them. */
  forwardIdentityHeaders: boolean;
  /** Lower-case names of the headers that verification reads: they are forwarded whatever they are called. */
  verificationHeaders: ReadonlySet<string>;
  paused: boolean;
  deleted: boolean;
  /** In the order in which they were added; without deleted ones. */
  destinations: readonly DestinationConfig[];
  /** Handlers of the app that no event of this endpoint has come to yet: each becomes a destination with the first. */
  handlers: readonly HandlerRule[];
}

export interface DestinationConfig {
  id: string;
  idBytes: Buffer;
  /** `handler:<name>` for a function of the app. */
  url: string;
  /** Name of the function of the app; null: a URL. */
  handler: string | null;
  /** Of a handler: what it wants; null: its registration was removed, or no longer means this endpoint. */
  rule: HandlerRule | null;
  eventTypes: readonly string[];
  headers: readonly [string, string][];
  /** Its client certificate and authorities. Null: it has neither. */
  tls: TlsIdentity | null;
  timeoutMs: number;
  retry: RetryPolicy;
  /** Attempts at the same time, of all processes together. */
  concurrency: number;
  paused: boolean;
}

/** Which events a handler of the app wants, of the endpoints that it is for. */
export interface HandlerRule {
  name: string;
  /** Of the event; `*`: any. */
  source: string;
  /** Exact, or a prefix with a trailing `.*`; empty: every type. */
  eventTypes: readonly string[];
  /** Also events whose sender nobody vouches for. */
  unverified: boolean;
}

/** What decides where an event goes. */
export interface RoutedEvent {
  source: string;
  eventType: string | null;
  /** Null: nobody vouches for the sender. */
  verifiedBy: string | null;
}

export function wantedBy(rule: HandlerRule, event: RoutedEvent): boolean {
  return (
    (rule.source === '*' || rule.source === event.source) &&
    (rule.unverified || event.verifiedBy !== null) &&
    matchesEventType(rule.eventTypes, event.eventType)
  );
}

/** Exact, or a prefix with a trailing `.*`; an empty list matches everything. */
export function matchesEventType(filters: readonly string[], eventType: string | null): boolean {
  if (filters.length === 0) return true;
  if (eventType === null) return false;
  return filters.some((filter) =>
    filter.endsWith('.*') ? eventType.startsWith(filter.slice(0, -1)) : filter === eventType,
  );
}
