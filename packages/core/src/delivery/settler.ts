import { GroupWriter, type Backlog } from '../flow/group-writer';
import { within } from '../flow/within';
import { failureOf } from '../storage/sql-errors';
import type { AttemptResult, DeliveryStore, SettleReport } from './work';

const LARGEST_GROUP = { length: 500, bytes: Number.POSITIVE_INFINITY };

/**
 * Writes results in groups. A result waits here while the database is away: its lease token decides whether it still
 * counts when the database comes back.
 */
export class Settler {
  private readonly results = new Results();
  private readonly writer: GroupWriter<AttemptResult, SettleReport>;
  private failed = false;

  constructor(
    deliveryStore: Pick<DeliveryStore, 'commit'>,
    onSettled: (report: SettleReport) => void,
    onFault: (error: unknown) => void,
    /** Results that could not be written are written again after this. */
    againMs: number,
  ) {
    this.writer = new GroupWriter({
      backlog: this.results,
      largest: LARGEST_GROUP,
      // A failed group is written again in any case.
      retries: 0,
      loadOf: ({ length }) => ({ length, bytes: 0 }),
      failureOf,
      write: async (group) => {
        // failpoint: settle.sending
        const report = await deliveryStore.commit(group);
        // failpoint: settle.committed
        this.failed = false;
        onSettled(report);
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
        this.writer.pauseFor(againMs);
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
    this.writer.pump();
  }

  /** Resolves when everything was written, or after `graceMs`. */
  async flush(graceMs: number): Promise<void> {
    if (this.depth === 0) return;
    await within(this.writer.whenIdle(), graceMs);
    this.writer.stop();
  }
}

/** First come, first served. */
class Results implements Backlog<AttemptResult> {
  private items: AttemptResult[] = [];

  get length(): number {
    return this.items.length;
  }

  push(result: AttemptResult): void {
    this.items.push(result);
  }

  take(maxLength: number): AttemptResult[] {
    return this.items.splice(0, maxLength);
  }

  /** Puts back results that were taken, in front of all others. */
  putBack(group: readonly AttemptResult[]): void {
    this.items.unshift(...group);
  }
}

/** The attempt without the response that makes it unwritable; null if there is no response. */
function withoutResponse(result: AttemptResult): AttemptResult | null {
  if (result.responseBody.length === 0 && Object.keys(result.responseHeaders).length === 0) return null;
  return { ...result, responseBody: Buffer.alloc(0), responseHeaders: {}, error: 'unwritable_response' };
}
