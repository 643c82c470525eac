import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster';
import { begin, judgeAfter, type Life } from '../life';
import { judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { SmallDisk } from '../small-disk';
import { folder } from '../world';
import { until } from './under-load';

/** Small reserves, so that a full disk has an effect soon. */
const SETTINGS = { max_connections: '60', min_wal_size: '32MB', max_wal_size: '48MB', shared_buffers: '16MB' };

/** Acceptance case CRA-13: the disk of the database is full, for its tables alone or also for its log. */
export const disk: Scenario = {
  name: 'disk',
  title: 'The disk of PostgreSQL is full, and has room again',
  impossible: () => (SmallDisk.isPossible() ? null : 'this machine lets nobody mount a small disk'),
  async run(context) {
    const { brief } = context;
    if (brief) {
      const { smallDisk } = brief;
      if (!smallDisk) throw new Error('the shared world has no small disk');
      return sum('full disks', [await brief.life.use((life) => disturb('tables', life, smallDisk, context))]);
    }
    return sum('full disks', [await fill('tables', context), await fill('tables and log', context)]);
  },
};

type Full = 'tables' | 'tables and log';

/** The tables are in a tablespace of the shared server. For the log, the test needs a server of its own. */
async function fill(tried: Full, context: ScenarioContext): Promise<ScenarioResult> {
  const { directory, seed } = context;
  const own = folder(directory, tried);
  const small = SmallDisk.mount(`${own}-volume`);
  let cluster: Cluster | undefined;
  let life: Life | undefined;
  try {
    if (tried === 'tables and log') cluster = await context.cluster.beside(small.directory, SETTINGS);
    const tablespace = cluster ? undefined : await small.makeTablespace(context.cluster);
    life = await begin({ directory: own, clusterUrl: (cluster ?? context.cluster).url, tablespace, seed });
    return await disturb(tried, life, small, context, cluster);
  } finally {
    await life?.world.close();
    if (cluster) await cluster.stop();
    else {
      await life?.world.installation.drop(context.cluster.url);
      await small.dropTablespace(context.cluster);
    }
    small.unmount();
  }
}

/** @param cluster the server, if it ends when its log finds no room */
async function disturb(
  tried: Full,
  life: Life,
  small: SmallDisk,
  { quick, brief }: ScenarioContext,
  cluster?: Cluster,
): Promise<ScenarioResult> {
  const { gateway, world } = life;
  const { sender } = world;
  const path = world.pathsOf('plain').at(-1) as string;
  const pace = { ratePerSecond: brief ? 50 : 100 };
  sender.begin(world.order([gateway], { from: life.next, pace, paths: [path] }));
  await sleep(brief ? 500 : 1_500);
  await until('answers of 503 on a full disk', 60_000, async () => {
    small.fill();
    return ((await sender.report()).tries['503'] ?? 0) > 20 ? true : undefined;
  });
  await sleep(brief ? 0 : quick ? 1_000 : 10_000);
  small.fill();
  const health = (await fetch(`${gateway.base}/health`)).status;
  const before = (await sender.report()).acknowledged;
  small.free();
  const freedAt = Date.now();
  // A database without room for its log ends, so somebody has to start it again.
  await cluster?.start();
  await until('acknowledgements after there is room', 30_000, async () =>
    (await sender.report()).acknowledged > before + 20 ? true : undefined,
  );
  const resumedMs = Date.now() - freedAt;
  const { next, retryAfter } = await sender.stop();
  await world.settled(120_000);
  const healedMs = Date.now() - freedAt;
  const verdict = await judgeAfter(life, next);
  const result = judge(verdict, { tried, times: 1, healedMs, duplicatesAllowed: 16 });
  if (health !== 503) result.failures.push(`/health said ${health} on a full disk`);
  if (retryAfter.missing > 0) result.failures.push(`${retryAfter.missing} refusals without Retry-After`);
  if (!gateway.isAlive) result.failures.push('the process has ended');
  result.figures['resumedMs'] = resumedMs;
  return result;
}
