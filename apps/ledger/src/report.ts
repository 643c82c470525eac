import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { ScenarioResult } from './scenario';

export type Entry = { title: string; seconds: number } & (ScenarioResult | { skipped: string });

export interface Results {
  machine: string;
  quick: boolean;
  seed: number;
  scenarios: Record<string, Entry>;
}

export function machine(): string {
  const cpu = cpus()[0]?.model ?? 'unknown processor';
  return `${cpu}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()}, Node ${process.version}`;
}

export function printResult(name: string, entry: Entry): void {
  if ('skipped' in entry) return console.log(`${name.padEnd(14)} left out: ${entry.skipped}`);
  const { times, acknowledged, lost, phantom, duplicates, healedMs, failures, figures, seconds } = entry;
  const healed = healedMs === null ? '' : `, well again after ${(healedMs / 1000).toFixed(1)} s at most`;
  console.log(
    `${name.padEnd(14)} ${times} times, ${acknowledged} acknowledged: ${lost} lost, ${phantom} phantom, ${duplicates} duplicates${healed} (${seconds} s)`,
  );
  for (const [figure, value] of Object.entries(figures)) console.log(`  ${figure}: ${value}`);
  for (const failure of failures) console.log(`  FAILED: ${failure}`);
}

/** @returns the name of the file */
export function writeResults(results: Results): string {
  mkdirSync('ledger-results', { recursive: true });
  const file = join('ledger-results', `${new Date().toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return file;
}
