import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './server-process';

export interface FailedStart {
  code: number | null;
  stdout: string;
  stderr: string;
}

const MARK = '--- the next start ---\n';

const PROGRAM = `
  const { main } = require(process.argv[1]);
  const own = process.env;
  const start = async () => {
    const codes = [];
    for (const env of JSON.parse(process.argv[2])) {
      process.env = { ...own, ...env };
      process.exitCode = undefined;
      await main();
      codes.push(process.exitCode ?? null);
      for (const stream of [process.stdout, process.stderr]) stream.write(${JSON.stringify(MARK)});
    }
    process.stdout.write(JSON.stringify(codes));
  };
  void start();`;

/**
 * Starts the built server with each of these environments, one after the other in one process, because loading the
 * server takes over a second of CPU time. Every start has to fail. Then nothing may keep the process from ending.
 * @returns the outcome of each start, and the exit code of the process, which is the one of the last start
 */
export async function failingStarts(
  environments: readonly Record<string, string>[],
): Promise<{ starts: FailedStart[]; code: number | null }> {
  const child = spawn(process.execPath, ['-e', PROGRAM, MAIN, JSON.stringify(environments)], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  const [printed, errors] = [stdout.split(MARK), stderr.split(MARK)];
  const codes = JSON.parse(printed.pop() || '[]') as (number | null)[];
  const starts = codes.map((each, n) => ({ code: each, stdout: printed[n] ?? '', stderr: errors[n] ?? '' }));
  return { starts, code };
}
