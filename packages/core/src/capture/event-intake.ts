import type { Pool } from 'pg';
import type { Accepted, IncomingEvent, Intake, IntakeSink } from './intake';
import { countDuplicates, insertion, keyedInsertion, type Insertion } from './intake-sql';
import { PaggioError, unavailable } from '../errors';
import { formatId } from '../event-id';
import type { EventKinds } from '../events/event-kinds';
import { FairQueue, type Load, type Queued } from '../flow/fair-queue';
import { CONNECTIONS, GroupWriter } from '../flow/group-writer';
import type { Timing } from '../flow/timing';
import { Arena } from '../storage/binary-array';
import type { Statement } from '../storage/columns';
import { failureOf } from '../storage/sql-errors';

// The most that may wait in all. One endpoint may take as much as is still free, so at most half. One user may take
// twice as much as is still free, so at most two thirds. A flood is refused first and leaves room for the others
// (dynamic thresholds, Choudhury and Hahne, 1998).
const MAX_QUEUED_EVENTS = 40_000;
const MAX_QUEUED_BYTES = 128 * 1024 * 1024;
const OF_ONE_ENDPOINT = 1;
const OF_ONE_USER = 2;
const LARGEST_GROUP: Load = { length: 500, bytes: 8 * 1024 * 1024 };
const RETRIES = 3;

const NOTHING: Load = { length: 0, bytes: 0 };

/** An event that waits to be stored, or that is being stored. */
class Waiting implements Queued, IntakeSink {
  private isTold = false;

  constructor(
    readonly event: IncomingEvent,
    private readonly sink: IntakeSink,
    /** Id of its endpoint, as a name of the queue. */
    readonly endpoint: string,
    readonly size: number,
    readonly since: number,
  ) {}

  accepted(accepted: Accepted): void {
    if (this.isTold) return;
    this.isTold = true;
    this.sink.accepted(accepted);
  }

  /** An event that was refused because it took too long may be committed later. Its sender has been answered by then. */
  failed(error: unknown): void {
    if (this.isTold) return;
    this.isTold = true;
    this.sink.failed(error);
  }
}

/** A group after its statement. */
interface Stored {
  /** The requests that were written: each was stored, unless its key was taken. */
  first: Waiting[];
  /** The requests whose key an earlier one of the group has. They are looked up afterwards. */
  keyed: Waiting[];
  /** Ids of the events whose key was new. */
  fresh: ReadonlySet<string>;
}

/**
 * Stores events in groups. One statement writes events, deliveries and de-duplication keys, so they commit together or
 * not at all.
 */
export class PostgresIntake implements Intake {
  private readonly queue = new FairQueue<Waiting>();
  private readonly writer: GroupWriter<Waiting, Stored>;
  private overdueTimer: NodeJS.Timeout | undefined;
  private isPumpDue = false;
  /** On the monotonic clock. */
  private failedAt = Number.NEGATIVE_INFINITY;
  // The same texts for all groups, so that their plans stay prepared.
  private readonly insertion: Statement<Insertion>;
  private readonly keyedInsertion: Statement<Insertion>;
  private readonly arenas = Array.from({ length: CONNECTIONS }, () => new Arena());

  constructor(
    private readonly pool: Pool,
    private readonly onVersion: (version: number) => void,
    /** How long a provider's delivery id is remembered. */
    dedupWindowMs: number,
    private readonly kinds: EventKinds,
    private readonly timing: Timing,
  ) {
    this.insertion = insertion(timing);
    this.keyedInsertion = keyedInsertion(dedupWindowMs, timing);
    this.writer = new GroupWriter({
      backlog: this.queue,
      largest: LARGEST_GROUP,
      retries: RETRIES,
      loadOf,
      failureOf,
      write: (group) => this.store(group),
      written: (_group, stored) => this.acknowledge(stored),
      refused: (waiting, error) => {
        waiting.failed(new PaggioError('INTERNAL', 'The event could not be stored', { cause: error }));
        return null;
      },
      failed: (group, error) => {
        this.failedAt = performance.now();
        // After a broken connection it is unknown whether the group was committed, so it is not acknowledged.
        for (const waiting of group) waiting.failed(toUnavailable(error));
      },
    });
  }

  submit(event: IncomingEvent, sink: IntakeSink): void {
    const size = event.body.length + event.headers.length + 512;
    const since = performance.now();
    const endpoint = event.endpointId.toString('latin1');
    if (this.isTooMuch(event.userId, endpoint, size, since))
      return sink.failed(unavailable('Overloaded: too many events are waiting to be stored'));
    this.queue.push(event.userId, endpoint, new Waiting(event, sink, endpoint, size, since));
    this.overdueTimer ??= setInterval(() => this.refuseOverdue(), this.timing.overdueLookMs).unref();
    // Events that are submitted together share a group.
    if (this.isPumpDue) return;
    this.isPumpDue = true;
    queueMicrotask(() => {
      this.isPumpDue = false;
      this.writer.pump();
    });
  }

  /** Whether events could not be stored within the last `troubledMs`, and none has been stored since. */
  get isTroubled(): boolean {
    return performance.now() - this.failedAt < this.timing.troubledMs;
  }

  private isTooMuch(user: string, endpoint: string, size: number, now: number): boolean {
    const { queue } = this;
    const isFull = ({ length, bytes }: Load, part: number): boolean =>
      bytes + size > part * (MAX_QUEUED_BYTES - queue.bytes) || length >= part * (MAX_QUEUED_EVENTS - queue.length);
    const own = queue.ofEndpoint(user, endpoint);
    if (isFull(own ?? NOTHING, OF_ONE_ENDPOINT) || isFull(queue.ofUser(user) ?? NOTHING, OF_ONE_USER)) return true;
    const before = now - this.timing.overloadedAfterMs;
    if ((own?.since ?? now) >= before && !this.isWritingSince(before)) return false;
    // Refuses if more waits, or is being written, than is likely to be stored within `maxWaitMs`.
    const load = this.withUnderWay(own ?? NOTHING, endpoint);
    return this.writer.weigh(load) >= this.writer.capacityWithin(this.timing.maxWaitMs) * (own?.share ?? 1);
  }

  /** Whether the first event of a statement under way arrived before this. */
  private isWritingSince(before: number): boolean {
    for (const [first] of this.writer.underWay) if (first !== undefined && first.since < before) return true;
    return false;
  }

  /** What waits for an endpoint, with what is being written for it. */
  private withUnderWay({ length, bytes }: Load, endpoint: string): Load {
    for (const group of this.writer.underWay)
      for (const waiting of group)
        if (waiting.endpoint === endpoint) {
          length++;
          bytes += waiting.size;
        }
    return { length, bytes };
  }

  private refuseOverdue(): void {
    const before = performance.now() - this.timing.maxWaitMs;
    const refuse = (waiting: Waiting): void => waiting.failed(unavailable('The event could not be stored in time'));
    // These are being written, and it is unknown whether they will be stored.
    for (const group of this.writer.underWay) group.filter(({ since }) => since < before).forEach(refuse);
    this.queue.removeBefore(before).forEach(refuse);
    if (this.queue.length > 0 || this.writer.underWay.size > 0) return;
    clearInterval(this.overdueTimer);
    this.overdueTimer = undefined;
  }

  private async store(group: Waiting[]): Promise<Stored> {
    // When requests of one group share a key, the first is stored and the others are looked up afterwards.
    const seen = new Set<string>();
    const first: Waiting[] = [];
    const keyed: Waiting[] = [];
    for (const waiting of group) {
      const { dedupKey, endpointId } = waiting.event;
      if (dedupKey === null) {
        first.push(waiting);
        continue;
      }
      const name = endpointId.toString('latin1') + dedupKey.toString('latin1');
      if (seen.has(name)) keyed.push(waiting);
      else {
        seen.add(name);
        first.push(waiting);
      }
    }
    const fresh = await this.insert(first);
    // failpoint: intake.committed
    return { first, keyed, fresh };
  }

  private acknowledge({ first, keyed, fresh }: Stored): Promise<void> | undefined {
    this.failedAt = Number.NEGATIVE_INFINITY;
    for (const waiting of first) {
      const eventId = formatId(waiting.event.id);
      if (waiting.event.dedupKey === null || fresh.has(eventId)) {
        waiting.accepted({ eventId, duplicate: false, idConflict: waiting.event.idConflict });
      } else keyed.push(waiting);
    }
    return keyed.length > 0 ? this.answerKnownKeys(keyed) : undefined;
  }

  private async insert(group: Waiting[]): Promise<Set<string>> {
    const arena = this.arenas.pop() ?? new Arena();
    arena.reset();
    try {
      return await this.insertFrom(arena, group);
    } finally {
      this.arenas.push(arena);
    }
  }

  private async insertFrom({ allocate }: Arena, group: Waiting[]): Promise<Set<string>> {
    const events = group.map((waiting) => waiting.event);
    const deliveries = events.flatMap((event) => event.deliveries.map((delivery) => ({ event, delivery })));
    const isKeyed = events.some(({ dedupKey }) => dedupKey !== null);
    const { text, valuesOf } = isKeyed ? this.keyedInsertion : this.insertion;
    // failpoint: intake.sending
    const { rows } = await this.pool.query<{ version: string; fresh: string[] | null }>({
      name: isKeyed ? 'paggio_intake_keyed' : 'paggio_intake',
      text,
      values: valuesOf({ events, deliveries, kinds: events.map((event) => this.kinds.numberOf(event)) }, allocate),
    });
    this.kinds.learn();
    this.onVersion(Number(rows[0]?.version));
    return new Set(rows[0]?.fresh ?? []);
  }

  /** Answers requests whose key exists already: duplicates of the first event, or another body under the same id. */
  private async answerKnownKeys(group: Waiting[]): Promise<void> {
    try {
      const events = group.map((waiting) => waiting.event);
      const { rows } = await this.pool.query<{ endpoint_id: string; key: Buffer; sha256: Buffer; event_id: string }>({
        name: 'paggio_duplicates',
        text: countDuplicates.text,
        values: countDuplicates.valuesOf(events),
      });
      for (const waiting of group) {
        const { event } = waiting;
        const row = rows.find(
          (one) =>
            one.key.equals(event.dedupKey as Buffer) &&
            one.sha256.equals(event.sha256 as Buffer) &&
            one.endpoint_id === formatId(event.endpointId),
        );
        if (row) waiting.accepted({ eventId: row.event_id, duplicate: true, idConflict: false });
        else if (event.onKeyConflict === 'refuse') waiting.failed(keyConflict());
        else {
          this.submit({ ...event, dedupKey: null, idConflict: true }, waiting);
        }
      }
    } catch (error) {
      for (const waiting of group) waiting.failed(toUnavailable(error));
    }
  }
}

function loadOf(group: readonly Waiting[]): Load {
  return { length: group.length, bytes: group.reduce((bytes, { size }) => bytes + size, 0) };
}

function keyConflict(): PaggioError {
  return new PaggioError('IDEMPOTENCY_KEY_CONFLICT', 'This Idempotency-Key was used with another body', {
    hint: 'Use a new key for a new event.',
  });
}

function toUnavailable(error: unknown): PaggioError {
  return error instanceof PaggioError
    ? error
    : unavailable('The database did not confirm that the event was stored', error);
}
