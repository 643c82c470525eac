import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry, Results } from './report';

const ROOT = join(__dirname, '../../..');
const DATA = join(ROOT, 'docs/reliability.json');
const PAGE = join(ROOT, 'docs/reliability.md');
const BEGIN = '<!-- results: written by npm run ledger -->';
const END = '<!-- end of results -->';

/** A result of the long mode, with the place and date of its run. */
type Published = Entry & { machine: string; seed: number; date: string };

/** Writes the results of a long run into the documentation. Results of scenarios that did not run stay as they are. */
export function publish({ machine, seed, scenarios }: Results): void {
  const all = existsSync(DATA) ? (JSON.parse(readFileSync(DATA, 'utf8')) as Record<string, Published>) : {};
  const date = new Date().toISOString().slice(0, 10);
  for (const [name, entry] of Object.entries(scenarios)) all[name] = { ...entry, machine, seed, date };
  writeFileSync(DATA, `${JSON.stringify(all, null, 2)}\n`);
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${PAGE} has no place for results`);
  writeFileSync(
    PAGE,
    `${page.slice(0, before + BEGIN.length)}\n\n${table(all)}\n\n${figures(all)}\n\n${page.slice(after)}`,
  );
  spawnSync(process.execPath, [join(ROOT, 'node_modules/prettier/bin/prettier.cjs'), '--write', PAGE, DATA]);
}

function table(all: Record<string, Published>): string {
  const rows = Object.values(all).map((entry) => {
    if ('skipped' in entry) return [entry.title, 'left out', '', '', '', '', '', entry.date];
    const { title, times, acknowledged, lost, phantom, duplicates, healedMs, date, failures } = entry;
    const healed = healedMs === null ? '' : `${(healedMs / 1000).toFixed(1)} s`;
    const shown = failures.length === 0 ? title : `${title} (**did not hold**: ${failures.length})`;
    return [shown, times, acknowledged, lost, phantom, duplicates, healed, date];
  });
  const head = ['what was tried', 'times', 'acknowledged', 'lost', 'phantom', 'duplicates', 'well again after', 'when'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The figures that the table does not have, and the machines that they come from. */
function figures(all: Record<string, Published>): string {
  const lines = Object.entries(all).flatMap(([name, entry]) => {
    if ('skipped' in entry) return [`- \`${name}\` was left out: ${entry.skipped}.`];
    const shown = Object.entries(entry.figures).map(([figure, value]) => `${figure} ${String(value)}`);
    return [
      ...(shown.length > 0 ? [`- \`${name}\`: ${shown.join('; ')}.`] : []),
      ...entry.failures.map((failure) => `- \`${name}\` did not hold: ${failure}.`),
    ];
  });
  const machines = [...new Set(Object.values(all).map(({ machine }) => machine))];
  return `${lines.join('\n')}\n\nMachine: ${machines.join('; ')}. Gateway, PostgreSQL, sender and destination shared it.`;
}
