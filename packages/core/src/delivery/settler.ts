import { GroupWriter, type Backlog } from '../flow/group-writer';
import { within } from '../flow/within';
import type { Timing } from '../flow/timing';
import { failureOf } from '../storage/sql-errors';
import type { AttemptResult, DeliveryStore, SettleReport } from './work';

const LARGEST_GROUP = { length: 500, bytes: Number.POSITIVE_INFINITY };

/** This many results share a statement without waiting for more. */
const FULL_GROUP = 100;
/** A second statement starts only if this many results wait. */
const SECOND_FROM = 150;
/** Results wait for each other until about this many have come, within the limits below. */
const WORTH_A_STATEMENT = 8;
const SHORTEST_WAIT_MS = 4;
/** A pause between results counts as no longer than this, so that a new burst is soon known as one. */
const LONGEST_GAP_MS = 100;

/**
 * Writes results in groups, because a statement costs as much as twenty results. A result waits for others for up to
 * `gatherMs`, and less at higher rates, unless something depends on it. A crash in the meantime repeats its delivery. A
 * result also waits here while the database is away: its lease token decides whether it still counts when the database
 * comes back.
 */
export class Settler {
  private readonly results = new Results();
  private readonly writer: GroupWriter<AttemptResult, SettleReport>;
  private failed = false;
  private timer: NodeJS.Timeout | undefined;
  private isHurried = false;

  constructor(
    deliveryStore: Pick<DeliveryStore, 'commit'>,
    onSettled: (report: SettleReport, results: readonly AttemptResult[]) => void,
    onFault: (error: unknown) => void,
    /** `settleAgainMs`: results that could not be written are written again after this. */
    private readonly timing: Pick<Timing, 'gatherMs' | 'settleAgainMs'>,
  ) {
    this.writer = new GroupWriter({
      backlog: this.results,
      largest: LARGEST_GROUP,
      // A failed group is written again in any case.
      retries: 0,
      secondFrom: SECOND_FROM,
      isDue: () => this.isDue(),
      loadOf: ({ length }) => ({ length, bytes: 0 }),
      failureOf,
      write: async (group) => {
        // failpoint: settle.sending
        const report = await deliveryStore.commit(group);
        // failpoint: settle.committed
        this.failed = false;
        onSettled(report, group);
        return report;
      },
      written: () => undefined,
      refused: (result, error) => {
        onFault(error);
        return withoutResponse(result);
      },
      failed: (group, error) => {
        onFault(error);
        this.failed = true;
        this.results.putBack(group);
        this.writer.pauseFor(timing.settleAgainMs);
      },
    });
  }

  get depth(): number {
    return this.results.length + this.writer.underWay.size;
  }

  /**
   * Whether the last results could not be written. They still count once they are written, unless another process takes
   * over before.
   */
  get isStuck(): boolean {
    return this.failed;
  }

  push(result: AttemptResult): void {
    this.results.push(result);
    if (result.isUrgent) this.results.hurry();
    this.writer.pump();
    if (this.results.length > 0) this.timer ??= setTimeout(() => this.look(), this.waitMs);
  }

  /** Resolves when everything was written, or after `graceMs`. */
  async flush(graceMs: number): Promise<void> {
    this.isHurried = true;
    this.writer.pump();
    if (this.depth > 0) await within(this.writer.whenIdle(), graceMs);
    clearTimeout(this.timer);
    this.writer.stop();
  }

  private look(): void {
    this.timer = undefined;
    this.writer.pump();
    if (this.results.length === 0) return;
    const againMs = this.failed ? this.timing.settleAgainMs : SHORTEST_WAIT_MS;
    this.timer ??= setTimeout(() => this.look(), againMs);
  }

  private isDue(): boolean {
    const { results } = this;
    return this.isHurried || results.length >= FULL_GROUP || performance.now() - results.since >= this.waitMs;
  }

  /** How long the first result waits for others, by the rate at which results come. */
  private get waitMs(): number {
    return Math.min(this.timing.gatherMs, Math.max(SHORTEST_WAIT_MS, WORTH_A_STATEMENT * this.results.gapMs));
  }
}

/** First come, first served. */
class Results implements Backlog<AttemptResult> {
  /** Since when the oldest one waits, by `performance.now`. */
  since = Number.NEGATIVE_INFINITY;
  /** The smoothed time between two results. */
  gapMs = 0;
  private lastAt = 0;
  private items: AttemptResult[] = [];

  get length(): number {
    return this.items.length;
  }

  push(result: AttemptResult): void {
    const now = performance.now();
    if (this.items.length === 0) this.since = now;
    this.gapMs += (Math.min(now - this.lastAt, LONGEST_GAP_MS) - this.gapMs) / 16;
    this.lastAt = now;
    this.items.push(result);
  }

  /** Lets what waits be written at once. */
  hurry(): void {
    this.since = Number.NEGATIVE_INFINITY;
  }

  take(maxLength: number): AttemptResult[] {
    return this.items.splice(0, maxLength);
  }

  /** Puts back results that were taken, in front of all others. */
  putBack(group: readonly AttemptResult[]): void {
    this.items.unshift(...group);
    this.hurry();
  }
}

/** The attempt without the response that makes it unwritable; null if there is no response. */
function withoutResponse(result: AttemptResult): AttemptResult | null {
  if (result.responseBody.length === 0 && Object.keys(result.responseHeaders).length === 0) return null;
  return { ...result, responseBody: Buffer.alloc(0), responseHeaders: {}, error: 'unwritable_response' };
}
