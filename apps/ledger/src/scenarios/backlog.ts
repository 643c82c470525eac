import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, ScenarioResult } from '../scenario';
import { World } from '../world';

const READY_MS = 10_000;
const RSS_MB = 512;

/** Acceptance case CRA-18: a process starts with very much to do. */
export const backlog: Scenario = {
  name: 'backlog',
  title: 'A process starts with a million deliveries waiting',
  async run({ cluster, directory, quick, seed, say }) {
    const waiting = quick ? 20_000 : 1_000_000;
    const world = await World.open({ directory, clusterUrl: cluster.url, seed });
    try {
      const gateway = await world.gateway();
      await gateway.start();
      // One event of the ledger, and the rest as copies of it that wait for a destination which is away.
      await world.sender.send(world.order([gateway], { count: 1 }));
      await world.settled(10_000);
      await gateway.stop();
      await world.installation.rows(COPIES, [waiting]);
      await world.installation.rows('analyze');
      say(`${waiting} are waiting`);
      const startedAt = Date.now();
      await gateway.start();
      const { status } = await fetch(`${gateway.base}/health`);
      const readyMs = Date.now() - startedAt;
      let rssMb = 0;
      let left = waiting;
      const before = (await world.recorder.report()).accepted;
      for (let second = 0; second < (quick ? 10 : 120) && left > 0; second++) {
        await sleep(1_000);
        rssMb = Math.max(rssMb, Math.round((await gateway.report()).rssBytes / 1e6));
        left = waiting - ((await world.recorder.report()).accepted - before);
      }
      const result: ScenarioResult = {
        tried: 'backlog',
        times: 1,
        acknowledged: waiting,
        lost: 0,
        phantom: 0,
        duplicates: 0,
        healedMs: readyMs,
        failures: [],
        figures: {},
      };
      if (status !== 200) result.failures.push(`/health said ${status}`);
      if (readyMs > READY_MS) result.failures.push(`ready after ${readyMs} ms`);
      if (rssMb > RSS_MB) result.failures.push(`${rssMb} MB`);
      if (left === waiting) result.failures.push('nothing was delivered');
      Object.assign(result.figures, { waiting, readyMs, rssMb, left });
      return result;
    } finally {
      await world.close();
    }
  },
};

/** Ids of version 7, in order. */
const COPIES = `
  with made as (
    insert into paggio.events (id, endpoint_id, user_id, mode, source, event_type, method, path, query, headers, body,
      remote_addr, verified_by, body_authenticated, received_at)
    select (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
        || lpad(to_hex(n), 15, '0'))::uuid,
      e.endpoint_id, e.user_id, e.mode, e.source, e.event_type, e.method, e.path, e.query, e.headers, e.body,
      e.remote_addr, e.verified_by, e.body_authenticated, now()
    from (select * from paggio.events limit 1) e cross join generate_series(1, $1::int) n
    returning id, endpoint_id
  ), told as (
    insert into paggio.changes (created) select array_agg(id) from made
  )
  insert into paggio.deliveries (event_id, destination_id, endpoint_id, state, due_at)
  select m.id, d.id, m.endpoint_id, 'pending', now() from made m cross join (select id from paggio.destinations limit 1) d`;
