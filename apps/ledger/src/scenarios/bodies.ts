import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../faults/tcp-proxy';
import type { Scenario } from '../scenario';
import { random } from '../seed';
import { folder } from '../world';
import { underLoad } from './under-load';

const BODY_BYTES = 1_000_000;
const RATE = 50;
/** Where a kernel would end the process for want of memory. */
const RSS_MB = 900;
const NARROW_BYTES = 5_000_000;

/** Acceptance cases LOA-09 and CRA-22: large bodies come in faster than they can be stored. */
export const bodies: Scenario = {
  name: 'bodies',
  title: 'Bodies of 1 MB come in faster than PostgreSQL takes them',
  async run(context) {
    const seconds = context.quick ? 5 : 60;
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: context.cluster.port }, random(context.seed));
    let rssMb = 0;
    try {
      return await underLoad(context, folder(context.directory, 'bodies'), {
        tried: `${RATE}/s of 1 MB`,
        world: { sizes: BODY_BYTES },
        gateways: [['capture', 'deliver', 'api']],
        options: { bodyLimit: 4 * BODY_BYTES },
        way: (url) => proxy.through(url),
        ratePerSecond: RATE,
        duplicatesAllowed: 16,
        healMs: 120_000,
        async disturb({ world, gateways: [gateway] }) {
          await sleep(1_000);
          proxy.fault = { bytesPerSecond: NARROW_BYTES };
          for (let look = 0; look < seconds * 4; look++) {
            rssMb = Math.max(rssMb, Math.round((await gateway!.report()).rssBytes / 1e6));
            await sleep(250);
          }
          proxy.fault = {};
          const { tries } = await world.sender.report();
          return {
            times: 1,
            figures: { rssMb },
            failures: [
              ...(rssMb > RSS_MB ? [`the process took ${rssMb} MB`] : []),
              ...(tries['503'] ? [] : ['nothing was refused']),
            ],
          };
        },
      });
    } finally {
      await proxy.stop();
    }
  },
};
