import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

const GRACE_MS = 3_000;
/** What an exit takes beyond the time that deliveries are given. */
const EXIT_MS = 2_000;
/** One message in thirty goes where an answer takes longer. */
const plain = Array.from({ length: 29 }, () => ({ profile: 'plain' }) as const);

/** Acceptance case CRA-05: processes are asked to end, impatiently, while they have more in hand than they can finish. */
export const stops: Scenario = {
  name: 'stops',
  title: 'Processes are asked to end (`SIGTERM`, twice) with deliveries under way that take longer than they are given',
  async run(context) {
    const times = context.quick ? 2 : 30;
    const result = await underLoad(context, folder(context.directory, 'stops'), {
      tried: 'orderly ends',
      world: { endpoints: [...plain, { profile: 'slow', concurrency: 200 }] },
      options: { stopGrace: GRACE_MS },
      gateways: [['capture', 'deliver', 'api'], ['deliver'], ['capture', 'api']],
      ratePerSecond: 30,
      // What is broken off has not been answered.
      duplicatesAllowed: 0,
      async disturb({ gateways }) {
        const failures: string[] = [];
        let longestMs = 0;
        for (let stop = 0; stop < times; stop++) {
          await sleep(1_000);
          const gateway = gateways[stop % gateways.length]!;
          const askedAt = Date.now();
          gateway.signal('SIGTERM');
          await sleep(100);
          gateway.signal('SIGTERM');
          const { code, signal } = await gateway.ended();
          longestMs = Math.max(longestMs, Date.now() - askedAt);
          if (code !== 0) failures.push(`a process ended with ${signal ?? code}`);
          await gateway.start();
        }
        if (longestMs > GRACE_MS + EXIT_MS) failures.push(`a process took ${longestMs} ms to end`);
        return { times, figures: { longestExitMs: longestMs, graceMs: GRACE_MS }, failures };
      },
    });
    // An attempt that was broken off is not charged: otherwise slow ones would run out of attempts.
    if (result.figures['visible'] !== 0) result.failures.push(`${result.figures['visible']} events were not delivered`);
    return result;
  },
};
