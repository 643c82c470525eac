import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { folder } from '../world';
import { underLoad } from './under-load';

const GRACE_MS = 3_000;
/** The most that an exit may take beyond the grace period of deliveries. */
const EXIT_MS = 2_000;
/** One message in thirty goes to the slow destination, the others to these. */
const plain = Array.from({ length: 29 }, () => ({ profile: 'plain' }) as const);

/** Acceptance case CRA-05: processes get SIGTERM twice while they have more deliveries than they can finish. */
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
      // A delivery that is broken off has not been answered.
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
    // An attempt that was broken off does not count. Otherwise slow deliveries would run out of attempts.
    if (result.figures['visible'] !== 0) result.failures.push(`${result.figures['visible']} events were not delivered`);
    return result;
  },
};
