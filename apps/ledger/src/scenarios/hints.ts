import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../faults/tcp-proxy';
import { judge, type Scenario } from '../scenario';
import { random } from '../seed';
import { folder, World } from '../world';

/** A worker polls every 1.25 s, and then needs a moment for the delivery. */
const LAG_MS = 2_000;
const RATE = 20;

/** Acceptance case CRA-08: no NOTIFY arrives. */
export const hints: Scenario = {
  name: 'hints',
  title: 'Hints between processes (`NOTIFY`) never arrive',
  async run({ cluster, directory, quick, seed }) {
    const seconds = quick ? 5 : 120;
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
    const world = await World.open({ directory: folder(directory, 'hints'), clusterUrl: cluster.url, seed });
    try {
      proxy.renamed = { from: 'listen paggio', to: 'listen nobody' };
      const way = proxy.through(world.installation.databaseUrl);
      const front = await world.gateway(['capture', 'api']);
      const worker = await world.gateway(['deliver'], {}, way);
      await Promise.all([front.start(), worker.start()]);
      const [listening] = await world.installation.rows<{ count: number }>(DEAF);
      world.sender.begin(world.order([front], { pace: { ratePerSecond: RATE } }));
      await sleep(seconds * 1000);
      const { sent } = await world.sender.stop();
      await world.settled(10_000);
      const verdict = await world.check(front, sent);
      const result = judge(verdict, { tried: 'lost hints', times: sent, healedMs: null, duplicatesAllowed: 0 });
      if (listening?.count !== 1) result.failures.push('the worker could hear');
      if (verdict.lagMs.max > LAG_MS) result.failures.push(`an event was delivered only after ${verdict.lagMs.max} ms`);
      return result;
    } finally {
      await world.close();
      await proxy.stop();
    }
  },
};

const DEAF = `
  select count(*)::int as count from pg_stat_activity
  where datname = current_database() and application_name = 'paggio listen' and query = 'listen nobody'`;
