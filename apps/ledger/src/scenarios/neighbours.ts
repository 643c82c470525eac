import { TcpProxy } from '../faults/tcp-proxy';
import { boundMs, judge, WARM_UP_SECONDS, type Scenario } from '../scenario';
import { random } from '../seed';
import { ONCE, type SendOrder, type SendReport } from '../sender/send-order';
import { World } from '../world';

/** For each message of the quiet user, the noisy user sends this many. */
const NOISY_PARTS = 19;
const QUIET_RATE = 15;
/** The quiet user's acknowledgements take at most twice as long as without a neighbour, or at most this. */
const P99_MS = 100;
/** More events per second than a narrow connection to the database can carry. */
const FLOOD_RATE = 800;
const NARROW_BYTES = 150_000;
/** The bound during the flood: each connection is busy with events of the flood, and the quiet user's come next. */
const FLOODED_P99_MS = 5_000;
const SETTLING_SECONDS = 20;

/** Acceptance cases LOA-07 and LOA-08: one user sends nearly everything, then more than can be stored. */
export const neighbours: Scenario = {
  name: 'neighbours',
  title: 'One user sends 95 % of everything, then far more than can be stored; another goes on as before',
  async run({ cluster, directory, quick, seed, say }) {
    const seconds = quick ? 8 : 120;
    const world = await World.open({
      directory,
      clusterUrl: cluster.url,
      seed,
      endpoints: [
        { profile: 'plain', userId: 'noisy' },
        { profile: 'plain', userId: 'quiet' },
      ],
    });
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
    try {
      const gateway = await world.gateway();
      const narrow = await world.gateway(undefined, {}, proxy.through(world.installation.databaseUrl));
      await Promise.all([gateway.start(), narrow.start()]);
      const [noisy = '', quiet = ''] = world.installation.paths;
      const both = [...Array.from({ length: NOISY_PARTS }, () => noisy), quiet];
      let from = 0;
      const send = async (
        ratePerSecond: number,
        paths: string[],
        more: Partial<SendOrder> = {},
        forSeconds = seconds,
      ): Promise<SendReport> => {
        const count = ratePerSecond * forSeconds;
        const order = world.order([gateway], { from, count, paths, pace: { ratePerSecond }, ...more });
        const report = await world.sender.send(order);
        from = report.next;
        return report;
      };
      const rate = QUIET_RATE * both.length;
      await send(rate, both, {}, WARM_UP_SECONDS);
      const alone = (await send(QUIET_RATE, [quiet])).latency;
      const beside = (await send(rate, both)).byPath[quiet]!.latency;
      say(`p99 of the quiet user: ${alone.p99Ms} ms alone, ${beside.p99Ms} ms beside a noisy one`);

      await send(rate, both, { bases: [narrow.base] }, 3);
      proxy.fault = { bytesPerSecond: NARROW_BYTES };
      const flood = { ...ONCE, bases: [narrow.base] };
      // The gateway first has to find out how much one statement may write.
      await send(FLOOD_RATE, both, flood, SETTLING_SECONDS);
      const flooded = (await send(FLOOD_RATE, both, flood)).byPath;
      proxy.fault = {};
      await world.settled(60_000);
      const verdict = await world.check(gateway, from);
      const result = judge(verdict, { tried: 'neighbours', times: 1, healedMs: null, duplicatesAllowed: 0 });
      const [ofNoisy, ofQuiet] = [flooded[noisy]!, flooded[quiet]!];
      if (beside.p99Ms > Math.max(alone.p99Ms * 2, boundMs(P99_MS, { quick })))
        result.failures.push(`p99 of the quiet user ${beside.p99Ms} ms`);
      if (ofNoisy.refused === 0) result.failures.push('nothing of the flood was refused');
      if (ofQuiet.refused > 0) result.failures.push(`${ofQuiet.refused} events of the quiet user were refused`);
      if (ofQuiet.latency.p99Ms > FLOODED_P99_MS)
        result.failures.push(`the quiet user waited ${ofQuiet.latency.p99Ms} ms beside a flood`);
      Object.assign(result.figures, {
        quietP99Ms: `${alone.p99Ms} alone, ${beside.p99Ms} with 95 % of ${rate}/s from another, ${ofQuiet.latency.p99Ms} beside a flood of ${FLOOD_RATE}/s`,
        refusedOfTheFlood: `${ofNoisy.refused} of the noisy user, ${ofQuiet.refused} of the quiet one`,
      });
      return result;
    } finally {
      await world.close();
      await proxy.stop();
    }
  },
};
