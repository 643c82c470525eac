import type { BulkReplays } from './bulk-replays';

/** The pause between two steps while a replay waits for its pace or for deliveries under way. */
const PAUSE_MS = 100;

export interface BulkReplayRunnerDependencies {
  replays: Pick<BulkReplays, 'step'>;
  /** Called when deliveries were queued. */
  wake: () => void;
  onFault: (error: unknown) => void;
}

/** Takes the steps of bulk replays while there are any. After a stop, any process can continue with the rest. */
export class BulkReplayRunner {
  private stopped = false;
  private wanted = false;
  private running: Promise<void> | undefined;
  private endPause: (() => void) | undefined;

  constructor(private readonly dependencies: BulkReplayRunnerDependencies) {}

  /** Looks for steps to take now. */
  kick(): void {
    if (this.stopped) return;
    this.wanted = true;
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.endPause?.();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.wanted && !this.stopped) {
      this.wanted = false;
      try {
        const { queued, busy } = await this.dependencies.replays.step();
        if (queued > 0) this.dependencies.wake();
        if (!busy) continue;
      } catch (error) {
        // The next tick tries again.
        this.dependencies.onFault(error);
        continue;
      }
      await this.pause();
      this.wanted = true;
    }
  }

  private pause(): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, PAUSE_MS);
      this.endPause = () => {
        clearTimeout(timer);
        done();
      };
    });
  }
}
