import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Scenario } from '../scenario';
import { World } from '../world';
import { copyEvents } from './copies';

const READY_MS = 10_000;
const RSS_MB = 512;
/** Live events, which go to another destination, must be delivered within this. */
const LIVE_MS = 2_000;

/** Acceptance case CRA-18: a process starts with a very large backlog. */
export const backlog: Scenario = {
  name: 'backlog',
  title: 'A process starts with a million deliveries waiting',
  async run({ cluster, directory, quick, seed, say }) {
    const waiting = quick ? 20_000 : 1_000_000;
    const endpoints = [{ profile: 'plain' }, { profile: 'plain' }] as const;
    const world = await World.open({ directory, clusterUrl: cluster.url, seed, endpoints });
    const { installation, recorder, sender } = world;
    const [loaded = '', live = ''] = installation.paths;
    try {
      const gateway = await world.gateway();
      await gateway.start();
      // The ledger sends one event, and the rest are copies of it.
      await sender.send(world.order([gateway], { count: 1, paths: [loaded] }));
      await world.settled(10_000);
      await gateway.stop();
      await copyEvents(world, waiting, { ageMs: 0, state: 'pending' });
      for (const { id } of await installation.rows<Pending>(PENDING)) world.promise(id);
      say(`${waiting} are waiting`);
      const startedAt = Date.now();
      await gateway.start();
      const { status } = await fetch(`${gateway.base}/health`);
      const readyMs = Date.now() - startedAt;
      sender.begin(world.order([gateway], { from: 1, paths: [live], pace: { ratePerSecond: 5 } }));
      let rssMb = 0;
      const accepted = async (): Promise<number> => (await recorder.report()).accepted;
      const before = await accepted();
      const endAt = Date.now() + (quick ? 10_000 : 120_000);
      while (Date.now() < endAt && (await accepted()) - before < waiting) {
        await sleep(1_000);
        rssMb = Math.max(rssMb, Math.round((await gateway.report()).rssBytes / 1e6));
      }
      const { next } = await sender.stop();
      await sleep(LIVE_MS);
      const deliveredPerSecond = Math.round((((await accepted()) - before) * 1000) / (Date.now() - startedAt));
      // The rest would take an hour. Without a worker, pending deliveries stay pending while they are counted.
      await gateway.stop();
      const reader = await world.gateway(['api']);
      await reader.start();
      const left = await installation.rows<Pending>(PENDING);
      const pending = new Set(left.map(({ id }) => id));
      const verdict = await world.check(reader, next, async (id) => (pending.has(id) ? 'pending' : null));
      const result = judge(
        // Copies of one message do not count as stored twice.
        { ...verdict, storedTwice: [] },
        { tried: 'backlog', times: 1, healedMs: readyMs, duplicatesAllowed: 0 },
      );
      if (status !== 200) result.failures.push(`/health said ${status}`);
      if (readyMs > READY_MS) result.failures.push(`ready after ${readyMs} ms`);
      if (rssMb > RSS_MB) result.failures.push(`${rssMb} MB`);
      if (verdict.delivered < waiting / 1_000) result.failures.push(`only ${verdict.delivered} were delivered`);
      if (new Set(left.map(({ destination }) => destination)).size > 1)
        result.failures.push('live events were not delivered');
      // The lag of the sent events only: it is not known since when a copy was due.
      if (verdict.lagMs.p99 > LIVE_MS) result.failures.push(`live events were delivered after ${verdict.lagMs.p99} ms`);
      Object.assign(result.figures, { waiting, readyMs, rssMb, deliveredPerSecond });
      return result;
    } finally {
      await world.close();
    }
  },
};

interface Pending {
  id: string;
  destination: string;
}

const PENDING = `
  select event_id::text as id, destination_id::text as destination from paggio.deliveries where state = 'pending'`;
