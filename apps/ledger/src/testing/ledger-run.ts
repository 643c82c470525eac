import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import type { Entry, Results } from '../report';

const MAIN = join(__dirname, '../../dist/main.js');

export interface LedgerRun {
  code: number;
  output: string;
  /** Results by the name of their scenario. Empty when the run ended before it had any. */
  scenarios: Record<string, Entry>;
}

/** Runs the built ledger, in a folder of its own. */
export async function runLedger(args: readonly string[]): Promise<LedgerRun> {
  const directory = throwAwayDirectory('paggio-ledger-test-');
  const files = join(directory, 'files');
  try {
    mkdirSync(files);
    copyClusterFiles(join(files, 'cluster'));
    const { code, output } = await new Promise<{ code: number; output: string }>((done) =>
      execFile(
        process.execPath,
        [MAIN, `--directory=${files}`, ...args],
        { cwd: directory, maxBuffer: 1e8 },
        (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), output: stdout + stderr }),
      ),
    );
    return { code, output, scenarios: resultsIn(join(directory, 'ledger-results')) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function resultsIn(folder: string): Record<string, Entry> {
  try {
    const [file = ''] = readdirSync(folder);
    return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Results).scenarios;
  } catch {
    return {};
  }
}

/** Everything that did not hold, with the names of the scenarios. */
export function failuresOf({ scenarios }: LedgerRun): string[] {
  return Object.entries(scenarios).flatMap(([name, result]) =>
    'failures' in result ? result.failures.map((failure) => `${name}: ${failure}`) : [],
  );
}
