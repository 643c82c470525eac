import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Scenario } from '../scenario';
import { World } from '../world';
import { until } from './under-load';

const CONCURRENCY = 8;

/** Acceptance case LOA-04: a destination is down, and its backlog is delivered while more events come in. */
export const outage: Scenario = {
  name: 'outage',
  title: 'A destination is away for half an hour while events come in, and comes back',
  async run({ quick, seed, directory, cluster: shared, say }) {
    const seconds = quick ? 12 : 1_800;
    const ratePerSecond = quick ? 100 : 60;
    const cluster = await shared.beside(`${directory}-cluster`);
    const endpoint = { profile: 'plain', concurrency: CONCURRENCY } as const;
    // The default of an endpoint.
    const retry = { maxAttempts: 12, baseSeconds: 10, factor: 3, capSeconds: 43_200 };
    const world = await World.open({ directory, clusterUrl: cluster.url, seed, endpoints: [{ ...endpoint, retry }] });
    try {
      const gateway = await world.gateway();
      await gateway.start();
      world.sender.begin(world.order([gateway], { pace: { ratePerSecond } }));
      await sleep(2_000);
      world.recorder.setDown(true);
      await sleep(seconds * 1000);
      const [before] = await world.installation.rows<Backlog>(BACKLOG);
      const backlog = before?.pending ?? 0;
      world.recorder.setDown(false);
      const backAt = Date.now();
      // The next probe finds out that the destination is back.
      const [circuit] = await world.installation.rows<{ ms: number }>(OPEN);
      await until('the first delivery after the outage', 70_000, async () => {
        const [row] = await world.installation.rows<Backlog>(BACKLOG);
        return (row?.due ?? backlog) < backlog * 0.98 || row?.due === 0 ? true : undefined;
      });
      const startedAt = Date.now();
      await until('the backlog delivered', 600_000, async () => {
        const [row] = await world.installation.rows<Backlog>(BACKLOG);
        return (row?.due ?? 1) <= ratePerSecond ? true : undefined;
      });
      const drainMs = Math.max(1, Date.now() - startedAt);
      say(`${backlog} waited; delivered within ${drainMs} ms`);
      await sleep(2_000);
      const { sent, latency } = await world.sender.stop();
      await until('nothing due', 30_000, async () => {
        const [row] = await world.installation.rows<Backlog>(BACKLOG);
        return row?.due === 0 ? true : undefined;
      });
      const verdict = await world.check(gateway, sent);
      const healedMs = Date.now() - backAt;
      const result = judge(verdict, { tried: 'outage', times: 1, healedMs, duplicatesAllowed: 0 });
      // The events that came in during the drain were delivered too.
      const drainedPerSecond = Math.round((backlog * 1000) / drainMs + ratePerSecond);
      if (drainedPerSecond < ratePerSecond * 2) result.failures.push(`drained at ${drainedPerSecond}/s only`);
      Object.assign(result.figures, {
        outageSeconds: seconds,
        arrivalsPerSecond: ratePerSecond,
        backlog,
        circuitOpenForMs: Math.round(circuit?.ms ?? 0),
        drainSeconds: drainMs / 1000,
        drainedPerSecond,
        acknowledgementP99Ms: latency.p99Ms,
        retriesLeftForLater: verdict.visible,
      });
      return result;
    } finally {
      await world.close();
      await cluster.stop();
    }
  },
};

interface Backlog {
  pending: number;
  due: number;
}

const BACKLOG = `
  select count(*)::int as pending, (count(*) filter (where due_at <= now()))::int as due
  from paggio.deliveries where state = 'pending'`;
const OPEN = `select coalesce(extract(epoch from open_until - now()) * 1000, 0)::float8 as ms from paggio.destinations`;
