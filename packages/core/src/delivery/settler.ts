import { GroupSize, isTimeout } from '../flow/group-size';
import { within } from '../flow/within';
import type { AttemptResult, DeliveryRecord, SettleReport } from './work';

const MAX_GROUP = 500;
const CONNECTIONS = 2;
/** A second statement beside a running one has to be worth its round trip. */
const WORTH_A_SECOND = 16;

/**
 * Writes results in groups, without a timer, as the intake does. A result waits here while the database is away: its
 * lease token decides whether it still counts when it comes back.
 */
export class Settler {
  private queue: AttemptResult[] = [];
  private running = 0;
  private idle: (() => void)[] = [];
  private retryTimer: NodeJS.Timeout | undefined;
  private failed = false;
  private readonly groupSize = new GroupSize({ length: MAX_GROUP, bytes: Number.POSITIVE_INFINITY });

  constructor(
    private readonly record: Pick<DeliveryRecord, 'commit'>,
    private readonly onSettled: (report: SettleReport) => void,
    private readonly onFault: (error: unknown) => void,
    /** What could not be written is written again after this. */
    private readonly againMs: number,
  ) {}

  get depth(): number {
    return this.queue.length + this.running;
  }

  /** The last results could not be written. They count as soon as they can be, unless somebody else takes over before. */
  get isStuck(): boolean {
    return this.failed;
  }

  push(result: AttemptResult): void {
    this.queue.push(result);
    this.pump();
  }

  /** Resolves when everything was written, or after `graceMs`. */
  async flush(graceMs: number): Promise<void> {
    if (this.depth === 0) return;
    await within(new Promise<void>((done) => this.idle.push(done)), graceMs);
    clearTimeout(this.retryTimer);
  }

  private pump(): void {
    while (
      this.running < CONNECTIONS &&
      this.queue.length >= (this.running === 0 ? 1 : WORTH_A_SECOND) &&
      !this.retryTimer
    ) {
      this.running++;
      const group = this.queue.splice(0, this.groupSize.maxLength);
      void this.write(group, this.queue.length > 0).finally(() => {
        this.running--;
        if (this.depth === 0) for (const done of this.idle.splice(0)) done();
        this.pump();
      });
    }
  }

  private async write(group: AttemptResult[], isFull = false): Promise<void> {
    const load = { length: group.length, bytes: 0 };
    const startedAt = performance.now();
    try {
      // failpoint: settle.sending
      const report = await this.record.commit(group);
      // failpoint: settle.committed
      this.failed = false;
      this.groupSize.passed(load, isFull, performance.now() - startedAt);
      this.onSettled(report);
    } catch (error) {
      // A value the database refuses (class 22 and 23) must not hold up the others: find it, and keep the attempt
      // without the response that made it unwritable.
      if (/^2[23]/.test((error as { code?: string }).code ?? '')) {
        if (group.length === 1) {
          this.onFault(error);
          const [result] = group as [AttemptResult];
          if (result.responseBody.length > 0 || Object.keys(result.responseHeaders).length > 0) {
            await this.write([
              { ...result, responseBody: Buffer.alloc(0), responseHeaders: {}, error: 'unwritable_response' },
            ]);
          }
          return;
        }
        const middle = group.length >> 1;
        await this.write(group.slice(0, middle));
        await this.write(group.slice(middle));
        return;
      }
      this.onFault(error);
      if (isTimeout(error)) this.groupSize.failed(load);
      this.failed = true;
      this.queue.unshift(...group);
      this.retryTimer ??= setTimeout(() => {
        this.retryTimer = undefined;
        this.pump();
      }, this.againMs);
    }
  }
}
