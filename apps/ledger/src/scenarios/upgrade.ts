import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PreviousVersion } from '../gateway/previous-version';
import { judge, type Scenario } from '../scenario';
import { World } from '../world';

/** Acceptance case CRA-19: two versions run side by side on one database, through an upgrade and back. */
export const upgrade: Scenario = {
  name: 'upgrade',
  title: 'The previous migration level and this one run side by side, forwards and back',
  impossible: () => PreviousVersion.impossible(),
  async run({ cluster, directory, quick, seed, say }) {
    const old = PreviousVersion.build(join(directory, 'previous'));
    say('the previous version was built');
    const own = join(directory, 'world');
    mkdirSync(own);
    const world = await World.open({
      directory: own,
      clusterUrl: cluster.url,
      seed,
      sizes: 'mixed',
      endpoints: [{ profile: 'plain' }, { profile: 'rough' }],
      setUp: (settings) => old.setUp(settings),
    });
    try {
      const level = async (): Promise<number> => {
        const [row] = await world.installation.rows<{ count: number }>(
          'select count(*)::int as count from paggio.migrations',
        );
        return row?.count ?? 0;
      };
      const before = await level();
      const gateways = [await world.gateway(), await world.gateway(), await world.gateway(['deliver'])];
      for (const gateway of gateways) await gateway.start({ hostFile: old.hostFile });
      world.sender.begin(world.order(gateways.slice(0, 2), { pace: { ratePerSecond: 100 } }));
      const pauseMs = quick ? 500 : 5_000;
      const exits: (number | null)[] = [];
      let times = 0;
      // Forwards, back, and forwards again, one process at a time while the others go on.
      for (const hostFile of [undefined, old.hostFile, undefined]) {
        for (const gateway of gateways) {
          await sleep(pauseMs);
          exits.push(await gateway.stop());
          await gateway.start({ hostFile });
          times++;
        }
        await sleep(pauseMs);
      }
      const after = await level();
      const { sent, tries } = await world.sender.stop();
      await world.settled(120_000);
      const verdict = await world.check(gateways[0]!, sent);
      const result = judge(verdict, { tried: 'replaced processes', times, healedMs: null, duplicatesAllowed: 0 });
      if (after <= before) result.failures.push(`the schema stayed at migration ${after}`);
      if (exits.some((code) => code !== 0)) result.failures.push(`processes ended with ${exits.join(', ')}`);
      if (tries['500']) result.failures.push(`${tries['500']} answers of 500`);
      result.figures['migrations'] = `${before} -> ${after}`;
      return result;
    } finally {
      await world.close();
    }
  },
};
