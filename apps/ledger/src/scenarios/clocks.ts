import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario';
import { random } from '../seed';
import { folder } from '../world';
import { underLoad } from './under-load';

const HOUR_MS = 3_600_000;

/** Acceptance case CRA-16: the clocks of the processes are wrong, differ, and jump. */
export const clocks: Scenario = {
  name: 'clocks',
  title: 'The clocks of processes jump by an hour, forwards and backwards',
  async run(context) {
    const next = random(context.seed + 3);
    const jumps = context.quick ? 8 : 60;
    return underLoad(context, folder(context.directory, 'clocks'), {
      tried: 'jumps',
      instrumented: true,
      gateways: [['capture', 'deliver', 'api'], ['deliver'], ['capture', 'api']],
      world: { endpoints: [{ profile: 'plain' }, { profile: 'rough' }] },
      // Nothing ends, so nothing has a reason to come twice.
      duplicatesAllowed: 0,
      async disturb({ gateways }) {
        for (let jump = 0; jump < jumps; jump++) {
          const gateway = gateways[Math.floor(next() * gateways.length)];
          gateway?.stepClock([-HOUR_MS, -300_000, 0, 300_000, HOUR_MS][Math.floor(next() * 5)] as number);
          await sleep(500);
        }
        return { times: jumps };
      },
      expect: ({ tries }) => (tries['503'] ? [`${tries['503']} answers of 503`] : []),
    });
  },
};
