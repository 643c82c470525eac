import { setTimeout as sleep } from 'node:timers/promises';
import { boundMs, judge, type Scenario } from '../scenario';
import { World } from '../world';
import { copyEvents } from './copies';
import { until } from './under-load';

const DAY_MS = 86_400_000;
const RATE = 100;
/** Acknowledgements take at most twice as long as before, or at most this. */
const P99_MS = 100;
const LOCK_WAIT_MS = 1_000;
/** The process that removes events also delivers, and dies with at most this many deliveries under way. */
const CONCURRENCY = 16;

/** The failpoint where one of the removing processes is killed. */
export const retentionFailpoint = 'retention.removed';

/** Acceptance cases LOA-12, CRA-01 and CRA-21: two processes remove old events under load; one of them is killed. */
export const retention: Scenario = {
  name: 'retention',
  title: 'Two processes remove a million old events under load; one of them is killed (`kill -9`) on the way',
  async run({ cluster, directory, quick, seed, say }) {
    const old = quick ? 20_000 : 1_000_000;
    const world = await World.open({
      directory,
      clusterUrl: cluster.url,
      seed,
      endpoints: [{ profile: 'plain', concurrency: CONCURRENCY }],
    });
    const { installation, sender } = world;
    try {
      const front = await world.gateway(['capture', 'api', 'deliver']);
      await front.start();
      await sender.send(world.order([front], { count: 1 }));
      await world.settled(10_000);
      await copyEvents(world, old, { ageMs: 30 * DAY_MS, state: 'delivered' });
      say(`${old} are old`);
      const before = await sender.send(
        world.order([front], { from: 1, count: RATE * (quick ? 5 : 60), pace: { ratePerSecond: RATE } }),
      );

      const removers = [
        await world.gateway(['deliver'], { retention: DAY_MS }),
        await world.gateway(['deliver'], { retention: DAY_MS }),
      ] as const;
      const failpoint = { name: retentionFailpoint, pass: 5, afterMs: 0, signal: 'SIGKILL' } as const;
      sender.begin(world.order([front], { from: before.next, pace: { ratePerSecond: RATE } }));
      await Promise.all([removers[0].start({ failpoint }), removers[1].start()]);
      const died = removers[0].ended().then(async ({ signal }) => {
        await removers[0].start();
        return signal;
      });
      let longestLockMs = 0;
      const startedAt = Date.now();
      await until('what is old removed', 1_200_000, async () => {
        const [waiting] = await installation.rows<{ ms: number }>(LOCK_WAITS);
        longestLockMs = Math.max(longestLockMs, Math.round(waiting?.ms ?? 0));
        const [row] = await installation.rows<{ there: boolean }>(OLD);
        await sleep(200);
        return row?.there === false ? true : undefined;
      });
      const removedMs = Date.now() - startedAt;
      const signal = await died;
      const report = await sender.stop();
      await world.settled(60_000);
      const verdict = await world.check(front, report.next);
      const duplicatesAllowed = CONCURRENCY;
      const result = judge(verdict, { tried: 'retention', times: 1, healedMs: null, duplicatesAllowed });
      const [orphans] = await installation.rows<{ count: number }>(ORPHANS);
      if (signal !== 'SIGKILL') result.failures.push(`the process that removes ended with ${signal}`);
      if (orphans?.count !== 0) result.failures.push(`${orphans?.count} rows of removed events were left`);
      if (longestLockMs > LOCK_WAIT_MS) result.failures.push(`a statement waited ${longestLockMs} ms for a lock`);
      const bound = Math.max(before.latency.p99Ms * 2, boundMs(P99_MS, { quick }));
      if (report.latency.p99Ms > bound) result.failures.push(`p99 was ${report.latency.p99Ms} ms`);
      Object.assign(result.figures, {
        removed: old,
        removedSeconds: Math.round(removedMs / 1000),
        acknowledgementP99Ms: `${before.latency.p99Ms} before, ${report.latency.p99Ms} meanwhile`,
        longestLockMs,
      });
      return result;
    } finally {
      await world.close();
    }
  },
};

const OLD = `select received_at < now() - interval '2 days' as there from paggio.events order by id limit 1`;
const LOCK_WAITS = `
  select coalesce(max(extract(epoch from clock_timestamp() - query_start)) * 1000, 0)::float8 as ms from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;
const ORPHANS = `
  select ((select count(*) from paggio.deliveries x where not exists (select 1 from paggio.events e where e.id = x.event_id))
    + (select count(*) from paggio.attempts x where not exists (select 1 from paggio.events e where e.id = x.event_id))
    + (select count(*) from paggio.event_index x where not exists (select 1 from paggio.events e where e.id = x.event_id))
    + (select count(*) from paggio.dedup_keys x where not exists (select 1 from paggio.events e where e.id = x.event_id)))::int as count`;
