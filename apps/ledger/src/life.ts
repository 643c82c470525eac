import { join } from 'node:path';
import { difference, type Verdict } from './checker';
import type { Gateway } from './gateway/gateway';
import { World, type WorldSettings } from './world';

/** A gateway that suffers one disturbance after another. */
export interface Life {
  world: World;
  gateway: Gateway;
  /** Number of the next message. */
  next: number;
  /** The verdict after the last disturbance. */
  verdict: Verdict;
}

/** Starts an instrumented gateway. */
export async function begin(settings: WorldSettings): Promise<Life> {
  const world = await World.open(settings);
  const gateway = await world.gateway(undefined, { bodyLimit: 32 * 1024 * 1024 });
  await gateway.start({ instrumented: true });
  return { world, gateway, next: 0, verdict: await world.check(gateway, 0) };
}

/** Checks the ledger after a disturbance. @returns what the disturbance has added */
export async function judgeAfter(life: Life, next: number): Promise<Verdict> {
  const earlier = life.verdict;
  life.next = next;
  life.verdict = await life.world.check(life.gateway, next);
  return difference(earlier, life.verdict);
}

/** The life that the scenarios of the brief mode share, because starts of processes take most of their time. */
export class SharedLife {
  private life: Life | undefined;
  private begun = 0;

  constructor(private readonly settings: WorldSettings) {}

  /** @param run must leave a gateway that runs and a sender that has ended */
  async use<Result>(run: (life: Life) => Promise<Result>): Promise<Result> {
    const directory = join(this.settings.directory, String(this.begun));
    if (!this.life) {
      this.begun++;
      this.life = await begin({ ...this.settings, directory });
    }
    try {
      return await run(this.life);
    } catch (error) {
      // The next disturbance must not begin in the state that this one has left.
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    const { life } = this;
    this.life = undefined;
    await life?.world.close();
  }
}
