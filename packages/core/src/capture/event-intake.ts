import type { Pool } from 'pg';
import type { Accepted, IncomingEvent, Intake } from './intake';
import { PaggioError, unavailable } from '../errors';
import { formatId } from '../event-id';
import { FairQueue, type Load, type Queued } from '../flow/fair-queue';
import { CONNECTIONS, GroupWriter } from '../flow/group-writer';
import type { Timing } from '../flow/timing';
import { Arena, bigintArray, boolArray, byteaArray, intArray, textArray, uuidArray } from '../storage/binary-array';
import { failureOf } from '../storage/sql-errors';

/** How long an idempotency key of a client is remembered. */
const IDEMPOTENCY_WINDOW_MS = 72 * 3_600_000;

// Of all that wait. One endpoint may take as much as it leaves free, so at most half; one user twice of that, so two
// thirds: whoever floods is refused first, and there is room for the others (dynamic thresholds, Choudhury and Hahne, 1998).
const MAX_QUEUED_EVENTS = 40_000;
const MAX_QUEUED_BYTES = 128 * 1024 * 1024;
const OF_ONE_ENDPOINT = 1;
const OF_ONE_USER = 2;
const LARGEST_GROUP: Load = { length: 500, bytes: 8 * 1024 * 1024 };
const RETRIES = 3;

const NOTHING: Load = { length: 0, bytes: 0 };

interface Waiting extends Queued {
  event: IncomingEvent;
  done(accepted: Accepted): void;
  fail(error: unknown): void;
}

/** A group after its statement. */
interface Stored {
  /** The requests that were stored, unless the key of theirs was taken. */
  first: Waiting[];
  /** The requests whose key another of their group has: they are looked up afterwards. */
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
  /** On the monotonic clock. */
  private failedAt = Number.NEGATIVE_INFINITY;
  /** The same text for every group, so that its plan stays prepared. */
  private readonly statement: string;
  private readonly arenas = Array.from({ length: CONNECTIONS }, () => new Arena());

  constructor(
    private readonly pool: Pool,
    private readonly onVersion: (version: number) => void,
    /** How long a provider's delivery id is remembered. */
    private readonly dedupWindowMs: number,
    private readonly timing: Timing,
  ) {
    this.statement = INSERT(timing);
    this.writer = new GroupWriter({
      backlog: this.queue,
      largest: LARGEST_GROUP,
      retries: RETRIES,
      loadOf,
      failureOf,
      write: (group) => this.store(group),
      written: (_group, stored) => this.acknowledge(stored),
      refused: ({ fail }, error) => {
        fail(new PaggioError('INTERNAL', 'The event could not be stored', { cause: error }));
        return null;
      },
      failed: (group, error) => {
        this.failedAt = performance.now();
        // Whether it was committed is unknown when the connection broke: no acknowledgement without a commit.
        for (const waiting of group) waiting.fail(toUnavailable(error));
      },
    });
  }

  accept(event: IncomingEvent): Promise<Accepted> {
    const size = event.body.length + event.headers.length + 512;
    const since = performance.now();
    const endpoint = event.endpointId.toString('latin1');
    if (this.isTooMuch(event.userId, endpoint, size, since))
      return Promise.reject(unavailable('Too many events are waiting to be stored'));
    return new Promise((done, fail) => {
      this.queue.push(event.userId, endpoint, { event, size, since, done, fail });
      this.overdueTimer ??= setInterval(() => this.refuseOverdue(), this.timing.overdueLookMs).unref();
      this.writer.pump();
    });
  }

  /** The last events could not be stored, and that was just now. */
  get isTroubled(): boolean {
    return performance.now() - this.failedAt < this.timing.troubledMs;
  }

  private isTooMuch(user: string, endpoint: string, size: number, now: number): boolean {
    const { queue } = this;
    const isFull = ({ length, bytes }: Load, part: number): boolean =>
      bytes + size > part * (MAX_QUEUED_BYTES - queue.bytes) || length >= part * (MAX_QUEUED_EVENTS - queue.length);
    const own = queue.ofEndpoint(user, endpoint);
    if (isFull(own ?? NOTHING, OF_ONE_ENDPOINT) || isFull(queue.ofUser(user) ?? NOTHING, OF_ONE_USER)) return true;
    if (!own || now - own.since <= this.timing.overloadedAfterMs) return false;
    // More than is likely to be stored before it has waited for too long.
    return this.writer.weigh(own) >= this.writer.capacityWithin(this.timing.maxWaitMs) * own.share;
  }

  private refuseOverdue(): void {
    const before = performance.now() - this.timing.maxWaitMs;
    const refuse = (waiting: Waiting): void => waiting.fail(unavailable('The event could not be stored in time'));
    // Under way: whether it will be stored is unknown.
    for (const group of this.writer.underWay) group.filter(({ since }) => since < before).forEach(refuse);
    this.queue.removeBefore(before).forEach(refuse);
    if (this.queue.length > 0 || this.writer.underWay.size > 0) return;
    clearInterval(this.overdueTimer);
    this.overdueTimer = undefined;
  }

  private async store(group: Waiting[]): Promise<Stored> {
    // Two requests of one group with the same key: the first is stored, the others are looked up afterwards.
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
        waiting.done({ eventId, duplicate: false, idConflict: waiting.event.idConflict });
      } else keyed.push(waiting);
    }
    return keyed.length > 0 ? this.settleKeyed(keyed) : undefined;
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
    const deliveries = events.flatMap((event, index) =>
      event.deliveries.map((delivery) => ({ n: index + 1, delivery })),
    );
    // failpoint: intake.sending
    const { rows } = await this.pool.query<{ version: string; fresh: string[] | null }>({
      name: 'paggio_intake',
      text: this.statement,
      // The bodies come last: the driver copies parameters into a block that it grows as it goes.
      values: [
        uuidArray(
          events.map((event) => event.id),
          allocate,
        ),
        uuidArray(
          events.map((event) => event.endpointId),
          allocate,
        ),
        textArray(
          events.map((event) => event.userId),
          allocate,
        ),
        textArray(
          events.map((event) => event.mode),
          allocate,
        ),
        textArray(
          events.map((event) => event.source),
          allocate,
        ),
        textArray(
          events.map((event) => event.eventType),
          allocate,
        ),
        textArray(
          events.map((event) => event.method),
          allocate,
        ),
        textArray(
          events.map((event) => event.path),
          allocate,
        ),
        textArray(
          events.map((event) => event.stored?.query ?? event.query),
          allocate,
        ),
        byteaArray(
          events.map((event) => event.stored?.headers ?? event.headers),
          allocate,
        ),
        byteaArray(
          events.map((event) => event.sha256),
          allocate,
        ),
        textArray(
          events.map((event) => event.remoteAddr),
          allocate,
        ),
        textArray(
          events.map((event) => event.verifiedBy),
          allocate,
        ),
        boolArray(
          events.map((event) => event.bodyAuthenticated),
          allocate,
        ),
        textArray(
          events.map((event) => event.capturedReason),
          allocate,
        ),
        boolArray(
          events.map((event) => event.idConflict),
          allocate,
        ),
        byteaArray(
          events.map((event) => event.dedupKey),
          allocate,
        ),
        bigintArray(
          events.map((event) => event.receivedAt),
          allocate,
        ),
        intArray(
          deliveries.map(({ n }) => n),
          allocate,
        ),
        uuidArray(
          deliveries.map(({ delivery }) => delivery.destinationId),
          allocate,
        ),
        uuidArray(
          deliveries.map(({ delivery }) => delivery.leaseToken),
          allocate,
        ),
        uuidArray(
          deliveries.map(({ delivery }) => delivery.orderKey),
          allocate,
        ),
        textArray(
          events.map((event) => event.correlationId),
          allocate,
        ),
        textArray(
          events.map((event) => event.traceParent),
          allocate,
        ),
        byteaArray(
          events.map((event) => event.stored?.body ?? event.body),
          allocate,
        ),
        bigintArray(
          events.map((event) => (event.onKeyConflict === 'refuse' ? IDEMPOTENCY_WINDOW_MS : this.dedupWindowMs)),
          allocate,
        ),
        textArray(
          events.map((event) => event.stored?.sealed ?? null),
          allocate,
        ),
      ],
    });
    this.onVersion(Number(rows[0]?.version));
    return new Set(rows[0]?.fresh ?? []);
  }

  /** Requests whose key was there already: duplicates of the first event, or another body under the same id. */
  private async settleKeyed(group: Waiting[]): Promise<void> {
    try {
      const events = group.map((waiting) => waiting.event);
      const { rows } = await this.pool.query<{ endpoint_id: string; key: Buffer; sha256: Buffer; event_id: string }>({
        name: 'paggio_duplicates',
        text: COUNT_DUPLICATES,
        values: [
          uuidArray(events.map((event) => event.endpointId)),
          byteaArray(events.map((event) => event.dedupKey)),
          byteaArray(events.map((event) => event.sha256)),
        ],
      });
      for (const waiting of group) {
        const { event } = waiting;
        const row = rows.find(
          (one) =>
            one.key.equals(event.dedupKey as Buffer) &&
            one.sha256.equals(event.sha256 as Buffer) &&
            one.endpoint_id === formatId(event.endpointId),
        );
        if (row) waiting.done({ eventId: row.event_id, duplicate: true, idConflict: false });
        else if (event.onKeyConflict === 'refuse') waiting.fail(keyConflict());
        else {
          const conflict = { ...event, dedupKey: null, idConflict: true };
          this.accept(conflict).then(
            (accepted) => waiting.done(accepted),
            (error: unknown) => waiting.fail(error),
          );
        }
      }
    } catch (error) {
      for (const waiting of group) waiting.fail(toUnavailable(error));
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
  return error instanceof PaggioError ? error : unavailable('The event could not be stored now', error);
}

// Keys are taken in order, so that two groups with the same keys wait for each other and never in a circle.
const INSERT = ({ leaseMs }: Timing): string => `
  with input as (
    select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
      $9::text[], $10::bytea[], $11::bytea[], $12::text[], $13::text[], $14::bool[], $15::text[], $16::bool[],
      $17::bytea[], $18::bigint[], $23::text[], $24::text[], $25::bytea[], $26::bigint[], $27::text[]) with ordinality
      as t(id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, sha256, remote_addr,
        verified_by, body_authenticated, captured_reason, id_conflict, dedup_key, received_at, correlation_id, trace_parent, body, remember_ms, sealed, n)
  ), keys as (
    insert into paggio.dedup_keys as k (endpoint_id, key, event_id, sha256, expires_at)
    select endpoint_id, dedup_key, id, sha256, now() + remember_ms * interval '1 millisecond'
    from input where dedup_key is not null order by endpoint_id, dedup_key
    on conflict (endpoint_id, key) do update
      set event_id = excluded.event_id, sha256 = excluded.sha256, duplicates = 0, expires_at = excluded.expires_at
      where k.expires_at <= now()
    returning event_id
  ), stored as (
    select * from input where dedup_key is null or id in (select event_id from keys)
  ), e as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      sealed, remote_addr, verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      received_at)
    select id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body, sealed, remote_addr,
      verified_by, body_authenticated, captured_reason, id_conflict, correlation_id, trace_parent,
      to_timestamp(received_at / 1000.0)
    from stored
  ), d as (
    insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at, lease_token, order_key, order_seq)
    select s.id, x.destination_id, s.endpoint_id, 'pending',
      now() + case when x.lease_token is null then interval '0' else interval '${leaseMs} milliseconds' end, x.lease_token,
      x.order_key, case when x.order_key is not null then nextval('paggio.order_seq') end
    from unnest($19::int[], $20::uuid[], $21::uuid[], $22::uuid[]) as x(n, destination_id, lease_token, order_key) join stored s on s.n = x.n
  ), told as (
    insert into paggio.changes (created) select array_agg(id) from stored having count(*) > 0
  )
  select (select config_version from paggio.state) as version, (select array_agg(event_id) from keys) as fresh`;

const COUNT_DUPLICATES = `
  update paggio.dedup_keys k set duplicates = k.duplicates + n.count
  from (
    select endpoint_id, key, sha256, count(*)::int as count
    from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as t(endpoint_id, key, sha256) group by 1, 2, 3 order by 1, 2
  ) n
  where k.endpoint_id = n.endpoint_id and k.key = n.key and k.sha256 = n.sha256
  returning k.endpoint_id, k.key, k.sha256, k.event_id`;
