import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../faults/tcp-proxy';
import type { Gateway } from '../gateway/gateway';
import { sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { random } from '../seed';
import { ONCE } from '../sender/send-order';
import { folder } from '../world';
import { underLoad, until } from './under-load';

const MB = 1_000_000;
/** A kernel would kill a process of this size for lack of memory. */
const RSS_MB = 900;
/** The limit per second of each connection; two of them store events. */
const NARROW_BYTES = 5_000_000;
const LOOP_DELAY_MS = 100;
/** The process is killed at this size in the last part. */
const KILL_MB = 256;

/** Acceptance cases LOA-09 and CRA-22: large bodies, more than can be stored, and more than fit into memory. */
export const bodies: Scenario = {
  name: 'bodies',
  title: 'Large bodies come in faster than PostgreSQL takes them; a process is killed for want of memory',
  async run(context) {
    const parts = [await faster(context), await large(context), await outOfMemory(context)];
    const figures = Object.assign({}, ...parts.map((part) => part.figures)) as ScenarioResult['figures'];
    return { ...sum('large bodies', parts), figures };
  },
};

async function withProxy<T>({ cluster, seed }: ScenarioContext, work: (proxy: TcpProxy) => Promise<T>): Promise<T> {
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
  try {
    return await work(proxy);
  } finally {
    await proxy.stop();
  }
}

function faster(context: ScenarioContext): Promise<ScenarioResult> {
  const forMs = context.quick ? 5_000 : 60_000;
  const rate = 50;
  return withProxy(context, (proxy) =>
    underLoad(context, folder(context.directory, 'faster'), {
      tried: `${rate}/s of 1 MB`,
      world: { sizes: MB },
      gateways: [['capture', 'deliver', 'api']],
      options: { bodyLimit: 4 * MB },
      way: (url) => proxy.through(url),
      ratePerSecond: rate,
      // If thousands of megabytes were sent again and again, the machine could do nothing else.
      sending: ONCE,
      duplicatesAllowed: 16,
      healMs: 120_000,
      async disturb({ world, gateways: [gateway] }) {
        await sleep(1_000);
        proxy.fault = { bytesPerSecond: NARROW_BYTES };
        let rssMb = 0;
        const endAt = Date.now() + forMs;
        while (Date.now() < endAt) {
          rssMb = Math.max(rssMb, await rssOf(gateway!));
          await sleep(250);
        }
        proxy.fault = {};
        const { tries, acknowledged } = await world.sender.report();
        return {
          times: 1,
          figures: {
            rssMb,
            taken: `${acknowledged} of 1 MB within ${forMs / 1000} s over 2 x ${NARROW_BYTES / 1e6} MB/s`,
          },
          failures: [
            ...(rssMb > RSS_MB ? [`the process took ${rssMb} MB`] : []),
            ...(tries['503'] ? [] : ['nothing was refused']),
          ],
        };
      },
    }),
  );
}

function large(context: ScenarioContext): Promise<ScenarioResult> {
  const seconds = context.quick ? 4 : 60;
  const rate = 2;
  return underLoad(context, folder(context.directory, 'large'), {
    tried: `${rate}/s of 10 MB`,
    world: { sizes: 10 * MB },
    gateways: [['capture', 'deliver', 'api']],
    options: { bodyLimit: 16 * MB },
    ratePerSecond: rate,
    duplicatesAllowed: 0,
    async disturb({ gateways: [gateway] }) {
      await sleep(2_000);
      await gateway!.report();
      await sleep(seconds * 1_000);
      const { loopDelayP99Ms, rssBytes } = await gateway!.report();
      return {
        times: 1,
        figures: { rssOfTenMb: Math.round(rssBytes / 1e6), loopDelayOfTenMbP99Ms: loopDelayP99Ms },
        // In a few seconds, a handful of samples would decide.
        failures:
          !context.quick && loopDelayP99Ms > LOOP_DELAY_MS
            ? [`the event loop was late by ${loopDelayP99Ms} ms (p99)`]
            : [],
      };
    },
  });
}

/** The ledger plays the part of the kernel: it checks the size ten times a second. */
function outOfMemory(context: ScenarioContext): Promise<ScenarioResult> {
  const kills = context.quick ? 1 : 10;
  return withProxy(context, (proxy) =>
    underLoad(context, folder(context.directory, 'memory'), {
      tried: `killed at ${KILL_MB} MB`,
      world: { sizes: MB },
      gateways: [['capture', 'deliver', 'api']],
      options: { bodyLimit: 4 * MB },
      way: (url) => proxy.through(url),
      // Twice as much as passes.
      ratePerSecond: 20,
      sending: { retryMs: 2_000, giveUpMs: 10_000 },
      duplicatesAllowed: 16 * kills,
      healMs: 120_000,
      async disturb({ gateways: [gateway] }) {
        proxy.fault = { bytesPerSecond: NARROW_BYTES };
        for (let kill = 0; kill < kills; kill++) {
          await until(`${KILL_MB} MB`, 60_000, async () => {
            await sleep(100);
            return (await rssOf(gateway!)) > KILL_MB ? true : undefined;
          });
          await gateway!.kill();
          await gateway!.start();
        }
        proxy.fault = {};
        return { times: kills };
      },
    }),
  );
}

async function rssOf(gateway: Gateway): Promise<number> {
  return Math.round((await gateway.report()).rssBytes / 1e6);
}
