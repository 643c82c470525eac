import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster';
import { query } from '../installation';
import { judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { folder, World } from '../world';
import { until } from './under-load';

const DISK_MB = 160;
const TABLESPACE = 'ledger_disk';
/** Small reserves, so that a full disk has an effect soon. */
const SETTINGS = { max_connections: '60', min_wal_size: '32MB', max_wal_size: '48MB', shared_buffers: '16MB' };

/** Acceptance case CRA-13: the disk of the database is full, for its tables alone or also for its log. */
export const disk: Scenario = {
  name: 'disk',
  title: 'The disk of PostgreSQL is full, and has room again',
  impossible: () => (canMount() ? null : 'this machine lets nobody mount a small disk'),
  async run(context) {
    const results = [await fill('tables', context)];
    if (!context.brief) results.push(await fill('tables and log', context));
    return sum('full disks', results);
  },
};

/** The tables are in a tablespace of the shared server. For the log, the test needs a server of its own. */
async function fill(tried: 'tables' | 'tables and log', context: ScenarioContext): Promise<ScenarioResult> {
  const { directory, quick, brief, seed } = context;
  const own = folder(directory, tried);
  const volume = `${own}-volume`;
  mkdirSync(volume, { recursive: true });
  mount(volume);
  let cluster: Cluster | undefined;
  let world: World | undefined;
  try {
    if (tried === 'tables and log') cluster = await context.cluster.beside(volume, SETTINGS);
    else await makeTablespace(context.cluster, volume);
    world = await World.open({
      directory: own,
      clusterUrl: (cluster ?? context.cluster).url,
      tablespace: cluster ? undefined : TABLESPACE,
      seed,
    });
    const gateway = await world.gateway();
    await gateway.start();
    const { sender } = world;
    sender.begin(world.order([gateway], { pace: { ratePerSecond: brief ? 50 : 100 } }));
    await sleep(brief ? 500 : 1_500);
    const ballast = join(volume, 'ballast');
    let health = 0;
    await until('answers of 503 on a full disk', 60_000, async () => {
      fillWith(ballast);
      return ((await sender.report()).tries['503'] ?? 0) > 20 ? true : undefined;
    });
    await sleep(brief ? 0 : quick ? 1_000 : 10_000);
    fillWith(ballast);
    health = (await fetch(`${gateway.base}/health`)).status;
    const before = (await sender.report()).acknowledged;
    rmSync(ballast);
    const freedAt = Date.now();
    // A database without room for its log ends, so somebody has to start it again.
    await cluster?.start();
    await until('acknowledgements after there is room', 30_000, async () =>
      (await sender.report()).acknowledged > before + 20 ? true : undefined,
    );
    const resumedMs = Date.now() - freedAt;
    const { sent, retryAfter } = await sender.stop();
    await world.settled(120_000);
    const healedMs = Date.now() - freedAt;
    const verdict = await world.check(gateway, sent);
    const result = judge(verdict, { tried, times: 1, healedMs, duplicatesAllowed: 16 });
    if (health !== 503) result.failures.push(`/health said ${health} on a full disk`);
    if (retryAfter.missing > 0) result.failures.push(`${retryAfter.missing} refusals without Retry-After`);
    if (!gateway.isAlive) result.failures.push('the process has ended');
    result.figures['resumedMs'] = resumedMs;
    return result;
  } finally {
    await world?.close();
    if (cluster) await cluster.stop();
    else {
      await world?.installation.drop(context.cluster.url);
      await query(context.cluster.url, `drop tablespace if exists ${TABLESPACE}`);
    }
    spawnSync('umount', ['-l', volume]);
  }
}

/** Tries it in a namespace of its own, which ends with the command. */
function canMount(): boolean {
  return spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/tmp']).status === 0;
}

function mount(at: string): void {
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', at]);
  if (status !== 0) throw new Error(`the disk could not be mounted: ${String(stderr)}`);
}

async function makeTablespace({ url, dataDirectory }: Cluster, at: string): Promise<void> {
  const { uid, gid } = statSync(dataDirectory);
  chownSync(at, uid, gid);
  await query(url, `create tablespace ${TABLESPACE} location '${at}'`);
}

/** Writes until no room is left. */
function fillWith(path: string): void {
  const block = Buffer.alloc(64 * 1024);
  const file = openSync(path, 'a');
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}
