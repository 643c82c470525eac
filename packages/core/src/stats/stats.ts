import { requireTime } from '../input/time';
import { notFound, PaggioError } from '../errors';
import type { Owner } from '../principal';
import type { EndpointStore } from '../endpoints/endpoint-store';
import type { EventIndex } from '../events/event-index';
import { BUCKET_SECONDS } from '../events/index-sql';
import type { StatRow, StatStore } from './stat-store';
import { percentile } from '../events/latency-slots';

export interface StatsInput {
  /** Counts one endpoint only. Default: all endpoints. */
  endpointId?: string;
  /** Counts events received at or after this time. Default: 24 hours before `to`. */
  from?: Date;
  /** Counts events received before this time. Default: now. */
  to?: Date;
}

/** The events received in a period, counted by their current state. */
export interface Stats {
  totalEvents: number;
  delivered: number;
  failed: number;
  pending: number;
  captured: number;
  /** Percentage of delivered events among the delivered and failed ones. `null` when there are none. */
  successRate: number | null;
  /** Average time of the attempts that delivered, in milliseconds. `null` when there are none. */
  avgDeliveryMs: number | null;
  /** 95th percentile of these times, exact to within 5 percent. */
  p95DeliveryMs: number | null;
  /** The counts in equal steps, including empty ones. */
  series: { at: Date; total: number; delivered: number; failed: number }[];
}

const DAY_MS = 24 * 3_600_000;
/** The longest period that can still be shown as a chart. */
const MAX_DAYS = 3660;
const MAX_POINTS = 300;
/** The steps of a chart in seconds, from five minutes to thirty days. */
const STEPS = [1, 3, 12, 36, 72, 288, 2016, 8640].map((buckets) => buckets * BUCKET_SECONDS);
const CATCH_UP_MS = 500;

/** Counts received events and what became of them. */
export class Statistics {
  constructor(
    private readonly store: StatStore,
    private readonly index: EventIndex,
    private readonly endpoints: Pick<EndpointStore, 'find'>,
  ) {}

  /** @throws PaggioError `NOT_FOUND` for an endpoint that is not the owner's, `BAD_REQUEST` for an impossible period */
  async read(owner: Owner, input: StatsInput = {}): Promise<Stats> {
    requireTime('from', input.from);
    requireTime('to', input.to);
    const to = input.to ?? new Date();
    const from = input.from ?? new Date(to.getTime() - DAY_MS);
    const seconds = (to.getTime() - from.getTime()) / 1000;
    if (seconds <= 0 || seconds > (MAX_DAYS * DAY_MS) / 1000) {
      const message = `from must be before to, by at most ${MAX_DAYS} days.`;
      throw new PaggioError('BAD_REQUEST', 'Invalid query parameters: from', {
        hint: message,
        details: [{ field: 'from', message }],
      });
    }
    if (input.endpointId !== undefined && !(await this.endpoints.find(owner, input.endpointId)))
      throw notFound('endpoint');
    const step = STEPS.find((one) => seconds / one <= MAX_POINTS) ?? 8640 * BUCKET_SECONDS;
    await this.index.catchUp(CATCH_UP_MS);
    const rows = await this.store.read(owner, input.endpointId ?? null, from, to, step);
    return summarize(rows, from, to, step);
  }
}

function summarize(rows: readonly StatRow[], from: Date, to: Date, step: number): Stats {
  const sum = (of: (row: StatRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const [pending, delivered, failed, captured] = [
    sum((row) => row.pending),
    sum((row) => row.delivered),
    sum((row) => row.failed),
    sum((row) => row.captured),
  ];
  const slots = new Map<number, number>();
  for (const { latencies } of rows)
    for (const [slot, count] of latencies) slots.set(slot, (slots.get(slot) ?? 0) + count);
  const measured = [...slots.values()].reduce((total, count) => total + count, 0);
  const finished = delivered + failed;
  return {
    totalEvents: pending + finished + captured,
    delivered,
    failed,
    pending,
    captured,
    successRate: finished === 0 ? null : Math.round((delivered / finished) * 10_000) / 100,
    avgDeliveryMs: measured === 0 ? null : Math.round(sum((row) => row.latencySum) / measured),
    p95DeliveryMs: percentile(slots, 0.95),
    series: seriesOf(rows, from, to, step),
  };
}

function seriesOf(rows: readonly StatRow[], from: Date, to: Date, step: number): Stats['series'] {
  const byStart = new Map(rows.map((row) => [row.at, row]));
  const series: Stats['series'] = [];
  for (let at = Math.floor(from.getTime() / 1000 / step) * step; at * 1000 < to.getTime(); at += step) {
    const row = byStart.get(at);
    series.push({
      at: new Date(at * 1000),
      total: row ? row.pending + row.delivered + row.failed + row.captured : 0,
      delivered: row?.delivered ?? 0,
      failed: row?.failed ?? 0,
    });
  }
  return series;
}
