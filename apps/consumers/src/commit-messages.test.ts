import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Rules {
  problemsOf: (message: string, scopes: readonly string[]) => string[];
  scopes: (root: string) => string[];
}

const root = resolve(__dirname, '../../..');
const { problemsOf, scopes } = jest.requireActual<Rules>('../../../scripts/commits/message.js');
const problems = (message: string): string[] => problemsOf(message, scopes(root));

test.each([
  'fix(core): refuse events of an endpoint that is full',
  'feat(nestjs)!: rename the adapter\n\nBecause a gateway is something else in Nest.',
  'test: wait for the stream, not for the list',
  'docs(server): embed the picture\n# a comment of Git',
])('the commit message %j is accepted', (message) => {
  expect(problems(message)).toEqual([]);
});

test.each([
  ['Fix the queue', /must have the form/],
  ['fix(queue): mend it', /no scope "queue"/],
  ['fixed(core): mend it', /no type "fixed"/],
  ['fix(core): added a limit', /imperative/],
  ['fix(core): adds a limit', /imperative/],
  ['refactor(core): moving the store', /imperative/],
  ['refactor(core): simplifies the store', /imperative/],
  ['fix(core): dropped the store', /imperative/],
  ['fix(core): mend it.', /full stop/],
  [`fix(core): mend ${'x'.repeat(60)}`, /76 characters; 72/],
  ['fix(core): mend it\nat once', /second line/],
])('the commit message %j is refused', (message, reason) => {
  expect(problems(message)).toEqual([expect.stringMatching(reason)]);
});

test('the installed hook refuses a wrong commit message and accepts a right one', () => {
  const clone = mkdtempSync(join(tmpdir(), 'paggio-hooks-'));
  const run = (command: string, ...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(command, args, { cwd: clone, encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } });
  const commit = (message: string): SpawnSyncReturns<string> =>
    run('git', '-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--allow-empty', '-m', message);
  for (const path of ['.githooks', 'scripts/commits']) cpSync(join(root, path), join(clone, path), { recursive: true });
  for (const path of ['packages/core', 'apps/server']) mkdirSync(join(clone, path), { recursive: true });

  // An archive is not a clone, and an installation from it must not fail.
  expect(run(process.execPath, 'scripts/commits/install-hooks.mjs')).toMatchObject({ status: 0, stderr: '' });
  run('git', 'init', '--quiet');
  expect(run(process.execPath, 'scripts/commits/install-hooks.mjs').status).toBe(0);
  expect(commit('Some change')).toMatchObject({ status: 1, stderr: expect.stringContaining('must have the form') });
  expect(commit('fix(core): mend the store')).toMatchObject({ status: 0 });
  expect(commit('fixup! fix(core): mend the store')).toMatchObject({ status: 0 });
  rmSync(clone, { recursive: true });
});
