import { readAcknowledgements, readReceipts, type Receipt } from './ledger-file';
import { bodyOf, digestOf, type MessageKind } from './message';

/** The status that the gateway shows for an event that no destination has accepted; `null` when it shows nothing. */
export type FateOf = (eventId: string) => Promise<string | null>;

/** Returns those of the events that are not in the database. */
export type Missing = (eventIds: readonly string[]) => Promise<string[]>;

export interface CheckInput {
  acknowledgedPath: string;
  receivedPath: string;
  message: MessageKind;
  /** The messages with the numbers below this one were sent. */
  sent: number;
  /** Ids of further events that the gateway promised to deliver: replays. */
  promised?: readonly string[];
  fateOf: FateOf;
  missing: Missing;
}

/** The result of a check in the way of Jepsen's set checker, for an HTTP interface. */
export interface Verdict {
  sent: number;
  /** Messages that got a complete 2xx, and other events that were promised. */
  acknowledged: number;
  delivered: number;
  /** Acknowledged, not delivered, and visible as pending, failed or captured. */
  visible: number;
  /** Acknowledged, but not in the database, or neither delivered nor visible. */
  lost: string[];
  /** Delivered although they were never sent, or with other bytes. */
  phantom: string[];
  /** How many events a destination accepted more than once, and how many acceptances were repetitions. */
  duplicated: number;
  duplicates: number;
  /** Messages that became more than one event although each was sent under one id. */
  storedTwice: string[];
  /** Milliseconds from the acknowledgement to the first acceptance. */
  lagMs: { p50: number; p99: number; max: number };
  /** Where the tables contradict each other. */
  contradictions: string[];
}

/** A verdict lists at most this many of each kind. */
const SHOWN = 20;
/** How many events one question to the database asks for. */
const ASKED = 10_000;

/** What is known about one event. */
interface Fate {
  /** Milliseconds since 1970. 0 means promised at an unknown time, `null` not known to be acknowledged. */
  acknowledgedAt: number | null;
  accepted: number;
  acceptedAt: number;
}

/** Compares the promised events with the database and with what arrived. */
export async function check(input: CheckInput): Promise<Omit<Verdict, 'contradictions'>> {
  const fates = new Map<string, Fate>();
  const fateOf = (eventId: string): Fate => {
    let fate = fates.get(eventId);
    if (!fate) fates.set(eventId, (fate = { acknowledgedAt: null, accepted: 0, acceptedAt: 0 }));
    return fate;
  };
  const eventOf = new Map<number, string>();
  const lost = new Set<string>();
  const phantom: string[] = [];
  const storedTwice = new Set<number>();
  let acknowledged = 0;
  for await (const { n, sha256, eventId, at } of readAcknowledgements(input.acknowledgedPath)) {
    acknowledged++;
    if (digestOf(bodyOf(input.message, n)) !== sha256) throw new Error(`the ledger is wrong about message ${n}`);
    fateOf(eventId).acknowledgedAt = at;
    if ((eventOf.get(n) ?? eventId) !== eventId) storedTwice.add(n);
    eventOf.set(n, eventId);
  }
  for (const eventId of input.promised ?? []) {
    acknowledged++;
    fateOf(eventId).acknowledgedAt ??= 0;
  }
  for (const ids of parts([...fates.keys()], ASKED)) for (const id of await input.missing(ids)) lost.add(id);

  for await (const receipt of readReceipts(input.receivedPath)) {
    if (!isGenuine(receipt, input)) {
      phantom.push(`message ${receipt.n} as event ${receipt.eventId}`);
      continue;
    }
    // An original event is its own origin; a replay has the id of another event as its origin.
    if (receipt.eventId === receipt.originId) {
      if ((eventOf.get(receipt.n) ?? receipt.eventId) !== receipt.eventId) storedTwice.add(receipt.n);
      eventOf.set(receipt.n, receipt.eventId);
    }
    if (receipt.outcome !== 'accepted') continue;
    const fate = fateOf(receipt.eventId);
    if (fate.accepted++ === 0) fate.acceptedAt = receipt.at;
  }

  const lags: number[] = [];
  let delivered = 0;
  let visible = 0;
  let duplicated = 0;
  let duplicates = 0;
  for (const [eventId, { acknowledgedAt, accepted, acceptedAt }] of fates) {
    if (accepted > 1) {
      duplicated++;
      duplicates += accepted - 1;
    }
    if (acknowledgedAt === null) continue;
    if (accepted > 0) {
      delivered++;
      if (acknowledgedAt > 0) lags.push(Math.max(0, acceptedAt - acknowledgedAt));
    } else if ((await input.fateOf(eventId)) === null) lost.add(eventId);
    else visible++;
  }
  lags.sort((a, b) => a - b);
  return {
    sent: input.sent,
    acknowledged,
    delivered,
    visible,
    lost: [...lost].slice(0, SHOWN),
    phantom: phantom.slice(0, SHOWN),
    duplicated,
    duplicates,
    storedTwice: [...storedTwice].slice(0, SHOWN).map((n) => `message ${n}`),
    lagMs: { p50: quantile(lags, 0.5), p99: quantile(lags, 0.99), max: lags.at(-1) ?? 0 },
  };
}

/** The difference between two verdicts on the same ledger. The lags are those of the later one, over all events. */
export function difference(earlier: Verdict, later: Verdict): Verdict {
  const added = (of: 'lost' | 'phantom' | 'storedTwice' | 'contradictions'): string[] =>
    later[of].filter((one) => !earlier[of].includes(one));
  return {
    sent: later.sent - earlier.sent,
    acknowledged: later.acknowledged - earlier.acknowledged,
    delivered: later.delivered - earlier.delivered,
    visible: later.visible - earlier.visible,
    lost: added('lost'),
    phantom: added('phantom'),
    duplicated: later.duplicated - earlier.duplicated,
    duplicates: later.duplicates - earlier.duplicates,
    storedTwice: added('storedTwice'),
    lagMs: later.lagMs,
    contradictions: added('contradictions'),
  };
}

function* parts<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
}

function isGenuine({ n, sha256 }: Receipt, { message, sent }: CheckInput): boolean {
  return Number.isInteger(n) && n >= 0 && n < sent && digestOf(bodyOf(message, n)) === sha256;
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
