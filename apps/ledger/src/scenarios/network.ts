import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy, type NetworkFault } from '../faults/tcp-proxy';
import { judge, sum, type Scenario, type ScenarioContext, type ScenarioResult } from '../scenario';
import { random } from '../seed';
import { folder, World } from '../world';
import { inTurns } from './in-turns';
import { underLoad, until } from './under-load';

/** No sender may wait longer for an answer, whatever the network does. */
const ANSWER_MS = 10_000;
/** The timeout of the destination. */
const TIMEOUT_SECONDS = 2;
/** A sender that had to wait for the destination would wait longer: until the timeout, or for the slowest trouble. */
const UNTOUCHED_MS = TIMEOUT_SECONDS * 1_000;
/** The first requests to a process that has just started take longer, above all beside other such processes. */
const WARM_UP_SECONDS = 4;

interface Trouble {
  name: string;
  fault: NetworkFault;
  /** How long it lasts in the long mode. */
  seconds: number;
  ratePerSecond: number;
}

/** Acceptance case CRA-11: the network fails in the ways that toxiproxy knows. */
const troubles: readonly Trouble[] = [
  { name: 'latency of 2 s', fault: { latencyMs: 2_000 }, seconds: 30, ratePerSecond: 20 },
  { name: '1 % of the packets reset', fault: { resetChance: 0.01 }, seconds: 30, ratePerSecond: 100 },
  { name: '10 kB/s', fault: { bytesPerSecond: 10_000 }, seconds: 60, ratePerSecond: 20 },
  { name: 'black hole', fault: { blackhole: true }, seconds: 60, ratePerSecond: 50 },
  { name: 'half-open', fault: { halfOpen: true }, seconds: 45, ratePerSecond: 50 },
  { name: 'refused', fault: { refuse: true }, seconds: 20, ratePerSecond: 50 },
];

export const network: Scenario = {
  name: 'network',
  title: 'The network between the gateway and PostgreSQL, or a destination, is slow, lossy, silent or gone',
  async run(context) {
    const results = await inTurns(troubles, context.quick ? 3 : 2, async (trouble) => [
      await betweenDatabase(trouble, context),
      await betweenDestination(trouble, context),
    ]);
    return sum('network faults', results.flat());
  },
};

/** Applies the trouble for its time. Processes with a connection through the proxy have to notice it by themselves. */
async function strike(
  proxy: TcpProxy,
  { fault, seconds }: Trouble,
  { quick }: ScenarioContext,
): Promise<{ times: number }> {
  await sleep(1_000);
  proxy.fault = fault;
  if (fault.refuse) proxy.resetAll();
  await sleep((quick ? 4 : seconds) * 1_000);
  proxy.fault = {};
  await sleep(1_000);
  return { times: 1 };
}

async function betweenDatabase(trouble: Trouble, context: ScenarioContext): Promise<ScenarioResult> {
  const { cluster, directory, seed } = context;
  const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
  try {
    return await underLoad(context, folder(directory, `database ${trouble.name}`), {
      tried: `database: ${trouble.name}`,
      gateways: [['capture', 'deliver', 'api'], ['deliver']],
      way: (url) => proxy.through(url),
      ratePerSecond: trouble.ratePerSecond,
      duplicatesAllowed: 32,
      async disturb() {
        return strike(proxy, trouble, context);
      },
      expect: ({ longestMs }) => (longestMs > ANSWER_MS ? [`an answer took ${Math.round(longestMs)} ms`] : []),
    });
  } finally {
    await proxy.stop();
  }
}

async function betweenDestination(trouble: Trouble, context: ScenarioContext): Promise<ScenarioResult> {
  const { directory, seed } = context;
  let proxy: TcpProxy | undefined;
  try {
    return await underLoad(context, folder(directory, `destination ${trouble.name}`), {
      tried: `destination: ${trouble.name}`,
      world: { endpoints: [{ profile: 'plain', timeoutSeconds: TIMEOUT_SECONDS }] },
      gateways: [['capture', 'deliver', 'api']],
      ratePerSecond: trouble.ratePerSecond,
      warmUpSeconds: WARM_UP_SECONDS,
      // A destination whose answers do not arrive gets everything again.
      duplicatesAllowed: Number.POSITIVE_INFINITY,
      healMs: 120_000,
      async disturb({ world }) {
        proxy = await TcpProxy.start(world.recorder.address, random(seed));
        await world.installation.rows('update paggio.destinations set url = $1', [
          proxy.through(world.recorder.url('plain')),
        ]);
        await world.installation.rows('update paggio.state set config_version = config_version + 1');
        return strike(proxy, trouble, context);
      },
      expect: ({ longestMs }) =>
        longestMs > UNTOUCHED_MS ? [`a sender waited ${Math.round(longestMs)} ms for a destination`] : [],
    });
  } finally {
    await proxy?.stop();
  }
}

/** Acceptance case CRA-12: whether an event was committed cannot be known. */
export const unknownCommits: Scenario = {
  name: 'unknown',
  title: 'The connection is cut between a commit and the answer to it',
  async run({ cluster, directory, seed, quick }) {
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port: cluster.port }, random(seed));
    const world = await World.open({ directory, clusterUrl: cluster.url, seed });
    try {
      const gateway = await world.gateway(undefined, {}, proxy.through(world.installation.databaseUrl));
      await gateway.start();
      const cuts = quick ? 20 : 200;
      const next = random(seed + 2);
      // A statement is sent with its name each time, but with its text only the first time.
      proxy.cutBefore((asked) => proxy.cuts < cuts && next() < 0.1 && asked.includes('paggio_intake'));
      world.sender.begin(world.order([gateway], { pace: { ratePerSecond: 100 } }));
      await until('cuts', 120_000, async () => (proxy.cuts >= cuts ? true : undefined));
      const report = await world.sender.stop();
      await world.settled(120_000);
      const [stored] = await world.installation.rows<{ count: number }>(
        'select count(*)::int as count from paggio.events',
      );
      const verdict = await world.check(gateway, report.sent);
      const result = judge(verdict, { tried: 'cuts', times: proxy.cuts, healedMs: null, duplicatesAllowed: 0 });
      if (stored?.count !== report.sent) result.failures.push(`${report.sent} messages became ${stored?.count} events`);
      if (!report.tries['503']) result.failures.push('no cut was seen by the sender');
      Object.assign(result.figures, { answers: JSON.stringify(report.tries) });
      return result;
    } finally {
      await world.close();
      await proxy.stop();
    }
  },
};
