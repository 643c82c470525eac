import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Results } from './report';

const MAIN = join(__dirname, '../dist/main.js');

function run(args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  return new Promise((done) =>
    execFile(process.execPath, [MAIN, ...args], { cwd, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), output: stdout + stderr }),
    ),
  );
}

let directory: string;

beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'paggio-ledger-test-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('CRA-01, CRA-02, CRA-13: nothing is lost in the quick mode of the ledger', async () => {
  const names = ['failpoints', 'kills', 'disk'];
  const { code, output } = await run(['--quick', '--at-once=2', ...names], directory);
  const folder = join(directory, 'ledger-results');
  const [file = ''] = readdirSync(folder);
  const { scenarios } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Results;
  const failures = Object.entries(scenarios).flatMap(([name, result]) =>
    'failures' in result ? result.failures.map((failure) => `${name}: ${failure}`) : [],
  );
  expect([failures, code]).toEqual([[], 0]);
  expect(Object.keys(scenarios).sort()).toEqual([...names].sort());
  for (const result of Object.values(scenarios)) {
    if ('skipped' in result) continue;
    expect(result).toMatchObject({ lost: 0, phantom: 0 });
    expect(result.acknowledged).toBeGreaterThan(100);
  }
  expect(output).toContain('0 lost, 0 phantom');
}, 400_000);

test('a scenario that does not exist is named, with those that do', async () => {
  expect(await run(['kill'], directory)).toMatchObject({
    code: 2,
    output: expect.stringContaining('failpoints, kills'),
  });
});
