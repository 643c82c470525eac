import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../faults/tcp-proxy';
import { query } from '../installation';
import { judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { random } from '../seed';
import { folder, World } from '../world';
import { until } from './under-load';

/** Events must be acknowledged again within this, once the standby takes writes. */
const RECOVER_MS = 10_000;

/** Acceptance case CRA-09: the primary dies, and a synchronous standby takes its place behind the same name. */
export const failover: Scenario = {
  name: 'failover',
  title: 'The primary PostgreSQL is killed and a synchronous standby promoted',
  async run(context) {
    const results: ScenarioResult[] = [];
    for (let round = 1; round <= (context.quick ? 1 : 5); round++) results.push(await promote(round, context));
    return sum('failovers', results);
  },
};

async function promote(round: number, context: ScenarioContext): Promise<ScenarioResult> {
  const { seed } = context;
  const directory = folder(context.directory, `round ${round}`);
  const primary = await context.cluster.beside(`${directory}-primary`, { wal_keep_size: '256MB' });
  const standby = await primary.follow(`${directory}-standby`);
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: primary.port }, random(seed));
  let world: World | undefined;
  try {
    // From here on a commit waits for the standby.
    await query(primary.url, `alter system set synchronous_standby_names = '*'`);
    await query(primary.url, 'select pg_reload_conf()');
    await until('a synchronous standby', 20_000, async () => {
      const [row] = await query<{ state: string }>(primary.url, 'select sync_state as state from pg_stat_replication');
      return row?.state === 'sync' ? true : undefined;
    });
    world = await World.open({ directory, clusterUrl: primary.url, seed: seed + round });
    const { installation, sender } = world;
    const gateway = await world.gateway(undefined, {}, proxy.through(installation.databaseUrl));
    await gateway.start();
    sender.begin(world.order([gateway], { pace: { ratePerSecond: 100 } }));
    await sleep(2_000);
    await primary.end('kill');
    // The name already leads to the standby, which still is one: it answers, but writes nothing.
    proxy.target = { host: '127.0.0.1', port: standby.port };
    proxy.resetAll();
    const refusedBefore = (await sender.report()).tries['503'] ?? 0;
    await until('answers of 503 while there is only a standby', 20_000, async () =>
      ((await sender.report()).tries['503'] ?? 0) > refusedBefore + 20 ? true : undefined,
    );
    await query(standby.url, 'select pg_promote()');
    const writableAt = Date.now();
    const before = (await sender.report()).acknowledged;
    await until('acknowledgements after the promotion', 30_000, async () =>
      (await sender.report()).acknowledged > before + 20 ? true : undefined,
    );
    const recoveredMs = Date.now() - writableAt;
    installation.movedTo(standby.url);
    const { sent, retryAfter } = await sender.stop();
    await world.settled(120_000);
    const healedMs = Date.now() - writableAt;
    const verdict = await world.check(gateway, sent);
    const result = judge(verdict, { tried: `failover ${round}`, times: 1, healedMs, duplicatesAllowed: 16 });
    if (recoveredMs > RECOVER_MS) result.failures.push(`acknowledgements only after ${recoveredMs} ms`);
    if (retryAfter.missing > 0) result.failures.push(`${retryAfter.missing} refusals without Retry-After`);
    if (!gateway.isAlive) result.failures.push('the process has ended');
    return result;
  } finally {
    await world?.close();
    await proxy.stop();
    await standby.stop();
    await primary.stop();
  }
}
