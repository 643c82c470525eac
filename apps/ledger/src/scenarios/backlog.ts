import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario, ScenarioResult } from '../scenario';
import { World } from '../world';
import { copyEvents } from './copies';

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
      await copyEvents(world, waiting, { ageMs: 0, state: 'pending' });
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
