import { setTimeout as sleep } from 'node:timers/promises';
import { SLOW_MS } from '../recorder/recorder-order';
import { judge, type Scenario } from '../scenario';
import { folder, World } from '../world';

const CONCURRENCY = 16;

/** Acceptance case CRA-04: deliveries take longer than a lease, so leases are renewed while they are under way. */
export const slow: Scenario = {
  name: 'slow',
  title: 'A destination answers after longer than a lease, within its timeout',
  async run({ cluster, directory, quick, seed }) {
    const rounds = quick ? 1 : 5;
    const count = CONCURRENCY * rounds;
    const world = await World.open({
      directory: folder(directory, 'slow'),
      clusterUrl: cluster.url,
      seed,
      endpoints: [{ profile: 'slow', concurrency: CONCURRENCY }],
    });
    try {
      const gateways = [await world.gateway(), await world.gateway(['deliver'])] as const;
      await Promise.all(gateways.map((gateway) => gateway.start()));
      await world.sender.send(world.order([gateways[0]], { count }));
      await sleep(SLOW_MS * rounds);
      await world.settled(SLOW_MS * 2);
      const verdict = await world.check(gateways[0], count);
      const result = judge(verdict, { tried: 'slow answers', times: count, healedMs: null, duplicatesAllowed: 0 });
      if (verdict.delivered < count) result.failures.push(`${verdict.delivered} of ${count} were delivered`);
      result.figures['answerAfterSeconds'] = SLOW_MS / 1000;
      return result;
    } finally {
      await world.close();
    }
  },
};
