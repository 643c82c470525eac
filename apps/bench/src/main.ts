import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { benchIngest, type Figure } from './ingest-bench';

const quick = process.argv.includes('--quick');
const settings = { rounds: quick ? 3 : 7, roundMs: quick ? 2_000 : 5_000, connections: 64, bodyBytes: 1_500 };

async function main(): Promise<void> {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    node: process.version,
  };
  console.log(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
  );
  console.log(
    `${settings.connections} connections, ${settings.bodyBytes} B bodies, ${settings.rounds} alternating rounds of ${settings.roundMs / 1000} s; load, servers and database share this machine\n`,
  );
  const result = await benchIngest(settings);
  const row = (figure: Figure): string =>
    `${figure.name.padEnd(42)} ${String(Math.round(figure.median)).padStart(7)}/s   p50 ${figure.p50Ms.toFixed(1)} ms   p99 ${figure.p99Ms.toFixed(1)} ms   (${Math.min(...figure.rounds)}-${Math.max(...figure.rounds)}/s)`;
  console.log(row(result.bare));
  console.log(row(result.paggio));
  console.log(`\ndurable ingest / bare: ${result.ratio.toFixed(2)} (median of the rounds' ratios)`);
  console.log(
    `acknowledged ${result.acknowledged}, stored ${result.stored}, refused ${result.paggio.failed}; fsync and synchronous_commit on; ${result.database.split(' on ')[0]}`,
  );
  if (result.stored < result.acknowledged) throw new Error('events were acknowledged and are not stored');
  mkdirSync('bench-results', { recursive: true });
  const file = join('bench-results', `ingest-${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, quick, ...result }, null, 2)}\n`);
  console.log(`written to ${file}`);
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
