import { intervalScheduler, type Scheduler } from '../flow/scheduler';

/** Runs no periodic work by itself. */
export const noTicks: Scheduler = { every: () => () => undefined };

/** The scheduler of a process, through which a test can run a piece of periodic work at once. */
export class TestScheduler implements Scheduler {
  private readonly tasks = new Map<string, () => Promise<void>>();

  constructor(private readonly real: Scheduler = intervalScheduler) {}

  every(name: string, intervalMs: number, task: () => Promise<void>): () => void {
    this.tasks.set(name, task);
    return this.real.every(name, intervalMs, task);
  }

  async run(name: string): Promise<void> {
    const task = this.tasks.get(`paggio:${name}`);
    if (!task) throw new Error(`There is no periodic work "${name}" in this process.`);
    await task();
  }
}
