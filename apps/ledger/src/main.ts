import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster';
import { publish } from './published';
import { machine, printResult, writeResults, type Entry, type Results } from './report';
import { broken, type Scenario, type ScenarioContext } from './scenario';
import { inTurns } from './scenarios/in-turns';
import { backlog } from './scenarios/backlog';
import { clocks } from './scenarios/clocks';
import { disk } from './scenarios/disk';
import { failpoints } from './scenarios/failpoints';
import { kills } from './scenarios/kills';
import { load } from './scenarios/load';
import { outage } from './scenarios/outage';
import { migrationKills } from './scenarios/migrations';
import { network, unknownCommits } from './scenarios/network';
import { pools } from './scenarios/pools';
import { backends, postgresStops } from './scenarios/postgres';
import { stopped } from './scenarios/stopped';
import { upgrade } from './scenarios/upgrade';

const scenarios: readonly Scenario[] = [
  failpoints,
  kills,
  postgresStops,
  backends,
  network,
  unknownCommits,
  stopped,
  clocks,
  disk,
  pools,
  load,
  outage,
  upgrade,
  migrationKills,
  backlog,
];

interface Arguments {
  names: string[];
  quick: boolean;
  keep: boolean;
  /** Scenarios that run at the same time. */
  atOnce: number;
  seed: number;
}

function readArguments(values: readonly string[]): Arguments | string {
  const result: Arguments = { names: [], quick: false, keep: false, seed: 1, atOnce: 1 };
  for (const value of values) {
    const seed = /^--seed=(\d{1,9})$/.exec(value)?.[1];
    const atOnce = /^--at-once=(\d)$/.exec(value)?.[1];
    if (value === '--quick') result.quick = true;
    else if (value === '--keep') result.keep = true;
    else if (seed !== undefined) result.seed = Number(seed);
    else if (atOnce !== undefined) result.atOnce = Number(atOnce);
    else if (scenarios.some(({ name }) => name === value)) result.names.push(value);
    else {
      return `There is no scenario "${value}". There are: ${scenarios.map(({ name }) => name).join(', ')}; and --quick, --seed=N, --at-once=N, --keep.`;
    }
  }
  return result;
}

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

/** Runs the scenarios and says what was lost. */
async function main(): Promise<void> {
  const given = readArguments(process.argv.slice(2));
  if (typeof given === 'string') {
    console.error(given);
    process.exitCode = 2;
    return;
  }
  const { names, quick, seed, keep, atOnce } = given;
  const directory = mkdtempSync(join(tmpdir(), 'paggio-ledger-'));
  const results: Results = { machine: machine(), quick, seed, scenarios: {} };
  console.log(`${results.machine}; seed ${seed}${quick ? '; quick' : ''}`);
  const cluster = await Cluster.start(join(directory, 'cluster'));
  try {
    const chosen = scenarios.filter(({ name }) => names.length === 0 || names.includes(name));
    await inTurns(chosen, atOnce, async (scenario) => {
      const entry = await runScenario(scenario, { quick, seed, directory: join(directory, scenario.name), cluster });
      results.scenarios[scenario.name] = entry;
      printResult(scenario.name, entry);
    });
  } finally {
    await cluster.stop();
    if (keep) console.log(`files: ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  }
  console.log(`\nwritten to ${writeResults(results)}`);
  if (!quick) publish(results);
  const failed = Object.values(results.scenarios).some((one) => 'failures' in one && one.failures.length > 0);
  // A scenario that broke off may have left processes behind; they end with this one.
  process.exit(failed ? 1 : 0);
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
