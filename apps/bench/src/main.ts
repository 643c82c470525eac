import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { benchClaim } from './claim-bench';
import { benchCost } from './cost-bench';
import { benchDelivery } from './delivery-bench';
import { benchFairness } from './fairness-bench';
import { benchIngest } from './ingest-bench';
import { benchList } from './list-bench';
import { benchPeers } from './peers-bench';
import { benchProcess } from './process-bench';
import {
  printClaim,
  printCost,
  printDelivery,
  printFairness,
  printIngest,
  printList,
  printPeers,
  printProcess,
} from './report';

const quick = process.argv.includes('--quick');
/** `--against=<directory>`: another built checkout, which takes part in `ingest` and `cost`. */
const against = process.argv.find((argument) => argument.startsWith('--against='))?.slice('--against='.length);
const load = { connections: 64, bodyBytes: 1_500 };

const benches: Record<string, () => Promise<unknown>> = {
  async ingest() {
    const rounds = quick ? { rounds: 3, roundMs: 1_000 } : { rounds: 7, roundMs: 5_000 };
    const result = await benchIngest({ bodyBytes: load.bodyBytes, against, ...rounds });
    printIngest(result);
    if (result.stored < result.acknowledged) throw new Error('events were acknowledged and are not stored');
    return result;
  },
  async delivery() {
    const rounds = quick
      ? { rounds: 1, roundMs: 1_000, steadyMs: 1_500, warmMs: 1_500 }
      : { rounds: 7, roundMs: 3_000, steadyMs: 20_000, warmMs: 10_000 };
    const result = await benchDelivery({ ...load, ...rounds });
    printDelivery(result);
    return result;
  },
  async fairness() {
    const { bodyBytes } = load;
    const rounds = quick ? { rounds: 1, steadyMs: 2_500 } : { rounds: 5, steadyMs: 20_000 };
    const result = await benchFairness({ ...rounds, bodyBytes, queued: 10_000 });
    printFairness(result);
    if (result.delivered < result.sent) throw new Error('healthy endpoints were held up by a dead one');
    return result;
  },
  async claim() {
    const result = await benchClaim(quick ? { backlog: 50_000, claims: 40 } : { backlog: 1_000_000, claims: 300 });
    printClaim(result);
    return result;
  },
  async list() {
    const result = await benchList(
      quick ? { events: 100_000, calls: 10 } : { events: 10_000_000, calls: 100 },
      (text) => console.log(`  ${text}`),
    );
    printList(result);
    return result;
  },
  async cost() {
    const rounds = quick
      ? { rounds: 1, steadyMs: 1_500, warmMs: 1_500 }
      : { rounds: 5, steadyMs: 10_000, warmMs: 10_000 };
    const result = await benchCost({ ...load, against, ...rounds });
    printCost(result);
    return result;
  },
  async process() {
    const counts = quick ? { starts: 2, kills: 1, events: 5_000 } : { starts: 7, kills: 5, events: 1_000_000 };
    const result = await benchProcess({ ...load, ...counts });
    printProcess(result);
    return result;
  },
  async peers() {
    const rounds = quick
      ? { rounds: 1, roundMs: 700, steadyMs: 1_000 }
      : { rounds: 5, roundMs: 3_000, steadyMs: 5_000 };
    const result = await benchPeers({ ...load, ...rounds });
    printPeers(result);
    return result;
  },
};

async function main(): Promise<void> {
  const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    console.error(`There is no benchmark "${unknown.join('", "')}". There are: ${Object.keys(benches).join(', ')}.`);
    process.exitCode = 1;
    return;
  }
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; load, servers, databases and destination share this machine`,
  );
  const results: Record<string, unknown> = {};
  for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
    results[name] = await (benches[name] as () => Promise<unknown>)();
  }
  mkdirSync('bench-results', { recursive: true });
  const file = join('bench-results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, quick, ...results }, null, 2)}\n`);
  console.log(`\nwritten to ${file}`);
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
