import type { Pool } from 'pg';
import type { WorkerGroup, Share } from './share';
import type {
  AttemptResult,
  Claim,
  DeliveryStore,
  DestinationReport,
  EventContent,
  FreeSlots,
  SettleReport,
  Work,
} from './work';
import { idBytes } from '../event-id';
import { Arena, intArray, textArray, uuidArray } from '../storage/binary-array';
import { defaultTiming, type Timing } from '../flow/timing';
import { CANCEL, CHECK_OUT, LOAD, LOOK_FOR_DUE, RELEASE, timedStatements, type TimedStatements } from './delivery-sql';
import { isPlain, settlePlain } from './settle-sql';
import { WAKE_FOLLOWERS } from '../queue/follower-sql';
import type { WorkerIdentity } from './worker-identity';
import { eventPlace, type RequestSeal } from '../events/request-seal';
import type { SealGate } from '../secrets/seal-gate';
import type { Statements } from '../storage/statements';

interface LookRow {
  version: string;
  due: string[] | null;
}

interface ClaimRow {
  version: string;
  postponed: string[] | null;
  event_id: string | null;
  destination_id: string;
  endpoint_id: string;
  lease_token: string;
  attempt_count: number;
  takeovers: number;
  method: string;
  query: string;
  headers: Buffer;
  body: Buffer | null;
  sealed: string | null;
  user_id: string;
  correlation_id: string | null;
  trace_parent: string | null;
  origin_id: string;
  source: string;
  event_type: string | null;
  verified_by: string | null;
  received_at: Date;
}

interface SettleRow {
  version: string;
  settled: number;
  /** Not there if nothing was judged. */
  followers?: string[] | null;
  destinations?: DestinationReport[] | null;
}

export class PostgresDeliveryStore implements DeliveryStore {
  private readonly arenas = [new Arena(), new Arena()];
  private readonly statements: TimedStatements;

  constructor(
    private readonly settles: Pool,
    private readonly leases: Pool,
    private readonly onVersion: (version: number) => void,
    /** A destination that has failed continuously for this long is paused; null never pauses. */
    private readonly pauseFailingAfterMs: number | null,
    private readonly seal: RequestSeal,
    private readonly gate: Pick<SealGate, 'update'>,
    private readonly identity: WorkerIdentity,
    timing: Timing = defaultTiming,
  ) {
    this.statements = timedStatements(timing);
  }

  async look(group: WorkerGroup): Promise<string[]> {
    const { rows } = await this.leases.query<LookRow>({
      name: 'paggio_look',
      text: LOOK_FOR_DUE,
      values: groupOf(group),
    });
    this.onVersion(Number(rows[0]?.version));
    return rows[0]?.due ?? [];
  }

  async claim(limit: number, freeSlots: FreeSlots, group: WorkerGroup): Promise<Claim> {
    const { rows } = await this.leases.query<ClaimRow>({
      name: 'paggio_claim',
      text: this.statements.claim,
      values: [
        ...groupOf(group),
        limit,
        uuidArray([...freeSlots.keys()].map(idBytes)),
        intArray([...freeSlots.values()]),
        this.identity.tokenPrefix,
      ],
    });
    this.onVersion(Number(rows[0]?.version));
    const works = rows.flatMap((row): Work[] =>
      row.event_id === null
        ? []
        : [
            {
              eventId: row.event_id,
              destinationId: row.destination_id,
              endpointId: row.endpoint_id,
              leaseToken: row.lease_token,
              attemptCount: row.attempt_count,
              takeovers: row.takeovers,
              content: row.body === null ? null : this.toContent(row, row.body),
            },
          ],
    );
    return { works, postponed: rows[0]?.postponed ?? [] };
  }

  async load(eventId: string): Promise<EventContent | null> {
    const { rows } = await this.leases.query<ClaimRow>({ name: 'paggio_load', text: LOAD, values: [eventId] });
    const row = rows[0];
    return row ? this.toContent(row, row.body as Buffer) : null;
  }

  async commit(results: AttemptResult[]): Promise<SettleReport> {
    const arena = this.arenas.pop() ?? new Arena();
    arena.reset();
    try {
      return await this.commitFrom(arena, results);
    } finally {
      this.arenas.push(arena);
    }
  }

  private async commitFrom(arena: Arena, results: AttemptResult[]): Promise<SettleReport> {
    const { allocate } = arena;
    if (results.every(isPlain)) {
      const { text, valuesOf } = settlePlain;
      const values = valuesOf(results, allocate);
      const { rows } = await this.settles.query<SettleRow>({ name: 'paggio_settle_plain', text, values });
      if (rows[0]?.settled === results.length) return this.toReport(rows[0]);
      arena.reset();
    }
    const { text, valuesOf } = this.statements.settle;
    const { pauseFailingAfterMs } = this;
    const { rows } = await this.settles.query<SettleRow>({
      name: 'paggio_settle',
      text,
      values: valuesOf({ results, pauseFailingAfterMs, leaseToken: null }, allocate),
    });
    return this.toReport(rows[0]);
  }

  async commitIn(statements: Statements, result: AttemptResult): Promise<SettleReport | null> {
    const { text, valuesOf } = this.statements.settle;
    const { pauseFailingAfterMs } = this;
    const values = valuesOf({ results: [result], pauseFailingAfterMs, leaseToken: result.work.leaseToken });
    const [row] = await statements.query<SettleRow>(text, values);
    return row && row.settled > 0 ? this.toReport(row) : null;
  }

  private toReport(row: SettleRow | undefined): SettleReport {
    this.onVersion(Number(row?.version));
    return { destinations: row?.destinations ?? [], followers: row?.followers ?? [] };
  }

  async renew(works: readonly Work[]): Promise<string[]> {
    const { rows } = await this.leases.query<{ lease_token: string }>({
      name: 'paggio_renew',
      text: this.statements.renew,
      values: keys(works),
    });
    const standing = new Set(rows.map((row) => row.lease_token));
    return works.map((work) => work.leaseToken).filter((token) => !standing.has(token));
  }

  async release(works: readonly Work[], delayMs = 0): Promise<void> {
    await this.leases.query({ name: 'paggio_release', text: RELEASE, values: [...keys(works), delayMs] });
  }

  async cancel(works: readonly Work[], reason: string): Promise<void> {
    await this.settles.query({ name: 'paggio_cancel', text: CANCEL, values: [...keys(works), reason] });
    await this.settles.query({
      name: 'paggio_wake_followers',
      text: WAKE_FOLLOWERS,
      values: [works.map((work) => work.eventId)],
    });
  }

  async checkIn(handlers: readonly string[]): Promise<WorkerGroup> {
    const { rows } = await this.leases.query<
      Share & { handlers: (Share & { name: string })[] | null; sealing: boolean; hasOthers: boolean }
    >({
      name: 'paggio_check_in',
      text: this.statements.checkIn,
      values: [this.identity.id, handlers],
    });
    const [row] = rows;
    this.gate.update(row?.sealing ?? false);
    return {
      count: row?.count ?? 1,
      index: row?.index ?? 0,
      hasOthers: row?.hasOthers ?? true,
      handlers: new Map(row?.handlers?.map(({ name, ...share }) => [name, share])),
    };
  }

  async checkOut(): Promise<void> {
    await this.leases.query({ name: 'paggio_check_out', text: CHECK_OUT, values: [this.identity.id] });
  }

  private toContent(row: ClaimRow, body: Buffer): EventContent {
    const stored = { headers: row.headers, query: row.query, body, sealed: row.sealed };
    const opened = this.seal.open(stored, eventPlace(row.user_id, row.origin_id));
    return {
      method: row.method,
      query: opened.query,
      headers: opened.rawHeaders,
      body: opened.body,
      locked: opened.locked,
      correlationId: row.correlation_id,
      traceParent: row.trace_parent,
      originId: row.origin_id,
      source: row.source,
      eventType: row.event_type,
      verifiedBy: row.verified_by,
      receivedAt: row.received_at.getTime(),
    };
  }
}

function groupOf({ count, index, handlers }: WorkerGroup): (number | Buffer)[] {
  const shares = [...handlers.values()];
  return [
    count,
    index,
    textArray([...handlers.keys()]),
    intArray(shares.map((share) => share.count)),
    intArray(shares.map((share) => share.index)),
  ];
}

function keys(works: readonly Work[]): Buffer[] {
  return [
    uuidArray(works.map((work) => idBytes(work.eventId))),
    uuidArray(works.map((work) => idBytes(work.destinationId))),
    uuidArray(works.map((work) => idBytes(work.leaseToken))),
  ];
}
