import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments';
import { Cluster } from './cluster';
import { SharedLife } from './life';
import { publish } from './published';
import { machine, printResult, writeResults, type Entry, type Results } from './report';
import { broken, type Brief, type Scenario, type ScenarioContext } from './scenario';
import { inTurns } from './scenarios/in-turns';
import { backlog } from './scenarios/backlog';
import { bodies } from './scenarios/bodies';
import { blocked } from './scenarios/blocked';
import { conflicts } from './scenarios/conflicts';
import { hints } from './scenarios/hints';
import { slow } from './scenarios/slow';
import { steady } from './scenarios/steady';
import { clocks } from './scenarios/clocks';
import { disk } from './scenarios/disk';
import { failover } from './scenarios/failover';
import { deathEndpoint, failpoints } from './scenarios/failpoints';
import { killEndpoints, kills } from './scenarios/kills';
import { load } from './scenarios/load';
import { outage } from './scenarios/outage';
import { migrationKills } from './scenarios/migrations';
import { network, unknownCommits } from './scenarios/network';
import { pools } from './scenarios/pools';
import { backends, postgresStops } from './scenarios/postgres';
import { stopped } from './scenarios/stopped';
import { retention } from './scenarios/retention';
import { neighbours } from './scenarios/neighbours';
import { stops } from './scenarios/stops';
import { upgrade } from './scenarios/upgrade';
import { SmallDisk } from './small-disk';

const scenarios: readonly Scenario[] = [
  failpoints,
  kills,
  postgresStops,
  backends,
  failover,
  network,
  unknownCommits,
  stopped,
  clocks,
  disk,
  pools,
  bodies,
  steady,
  load,
  outage,
  upgrade,
  migrationKills,
  backlog,
  retention,
  neighbours,
  stops,
  slow,
  hints,
  conflicts,
  blocked,
];

async function runScenario(scenario: Scenario, context: Omit<ScenarioContext, 'say'>): Promise<Entry> {
  mkdirSync(context.directory);
  const startedAt = Date.now();
  const reason = scenario.impossible?.() ?? null;
  const say = (text: string): void => console.log(`  ${scenario.name}: ${text}`);
  const result =
    reason === null
      ? await scenario.run({ ...context, say }).catch((error: unknown) => broken(scenario.name, error))
      : { skipped: reason };
  return { title: scenario.title, seconds: Math.round((Date.now() - startedAt) / 1000), ...result };
}

/** What the scenarios of the brief mode share. The database is on the small disk that one of them fills. */
async function share(directory: string, cluster: Cluster, seed: number): Promise<Brief> {
  const smallDisk = SmallDisk.isPossible() ? SmallDisk.mount(join(directory, 'volume')) : null;
  try {
    const life = new SharedLife({
      directory: join(directory, 'shared'),
      clusterUrl: cluster.url,
      tablespace: await smallDisk?.makeTablespace(cluster),
      seed,
      sizes: 'mixed',
      endpoints: [deathEndpoint, ...killEndpoints],
    });
    return { life, smallDisk };
  } catch (error) {
    smallDisk?.unmount();
    throw error;
  }
}

/** Runs the scenarios and prints their results. */
async function main(): Promise<void> {
  const known = scenarios.map(({ name }) => name);
  const given = readArguments(process.argv.slice(2), known);
  const { names, quick, brief, seed, keep, atOnce, postgres } = given;
  const directory = given.directory ?? mkdtempSync(join(tmpdir(), 'paggio-ledger-'));
  const results: Results = { machine: machine(), quick, seed, scenarios: {} };
  console.log(`${results.machine}; seed ${seed}${brief ? '; brief' : quick ? '; quick' : ''}`);
  const cluster = await Cluster.start(join(directory, 'cluster'), postgres);
  let shared: Brief | undefined;
  try {
    if (brief) shared = await share(directory, cluster, seed);
    const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
    // Scenarios that share a life take turns with it.
    await inTurns(chosen, shared ? 1 : atOnce, async (scenario) => {
      const entry = await runScenario(scenario, {
        quick,
        brief: shared ?? null,
        seed,
        directory: join(directory, scenario.name),
        cluster,
      });
      results.scenarios[scenario.name] = entry;
      printResult(scenario.name, entry);
    });
  } finally {
    await shared?.life.end();
    await cluster.stop();
    shared?.smallDisk?.unmount();
    if (keep || given.directory !== undefined) console.log(`files: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  }
  console.log(`\nwritten to ${writeResults(results)}`);
  if (!quick) publish(results);
  const failed = Object.values(results.scenarios).some((one) => 'failures' in one && one.failures.length > 0);
  // A scenario that broke off may have left processes running; they end with this process.
  process.exit(failed ? 1 : 0);
}

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(2);
});
