import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  captureFromGitHub,
  createTestDatabase,
  gitHub,
  owner,
  query,
  startGateway,
  testMasterKey,
  type TestDatabase,
} from '@paggio/core/testing';
import { run } from './index';

let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database.drop());

async function paggio(args: string[], env: Record<string, string> = {}): Promise<[number, string, string]> {
  let [out, err] = ['', ''];
  const streams = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
  };
  const all = { DATABASE_URL: database.url, PAGGIO_MASTER_KEY: testMasterKey.toString('base64'), ...env };
  return [await run(['node', 'paggio', ...args], all, streams), out, err];
}

test('migrate --sql writes what migrate would do, for the given database or an empty one', async () => {
  const [code, text] = await paggio(['migrate', '--sql', '--grant', 'app'], { DATABASE_URL: '' });
  expect(code).toBe(0);
  expect(text).toContain('create table paggio.endpoints');
  expect(text).toContain('grant usage on schema paggio to "app";');
  expect((await paggio(['migrate', '--sql']))[1]).toBe(text.slice(0, text.indexOf('grant usage')).trimEnd() + '\n');
  expect(await query(database.url, `select to_regnamespace('paggio') as present`)).toEqual([{ present: null }]);
  expect(await paggio(['migrate'])).toEqual([0, expect.stringMatching(/^Applied (\d+) of \1 migrations\.\n$/), '']);
  expect(await paggio(['migrate'])).toEqual([
    0,
    expect.stringMatching(/^The schema is up to date \(\d+ migrations\)\.\n$/),
    '',
  ]);
  expect(await paggio(['migrate', '--sql'])).toEqual([0, '-- The schema is up to date.\n', '']);
});

test('handlers are listed, and a handler that no process runs can be removed', async () => {
  expect(await paggio(['handlers'])).toEqual([0, 'No handlers.\n', '']);
  const { paggio: gateway, stop } = await startGateway({}, {}, database, (one) => {
    one.on('github', ['push', 'issues.*'], () => undefined, { name: 'mine' });
  });
  expect((await paggio(['handlers']))[1]).toBe(
    'HANDLER  SOURCE  EVENT TYPES     RUNNING  PENDING\nmine     github  push, issues.*  1        0\n',
  );
  expect(await paggio(['handlers', 'remove', 'mine'])).toEqual([1, '', expect.stringContaining('A process runs')]);
  const { endpoint } = await gateway.admin.endpoints.create(owner, { name: 'hub', verification: gitHub });
  await stop();
  const capturing = await startGateway({ roles: ['capture'] }, {}, database);
  await captureFromGitHub(capturing.paggio, endpoint.slug, 'push', '{}');
  await capturing.stop();
  expect((await paggio(['handlers', 'list']))[1]).toContain('0        1\n');
  expect(await paggio(['handlers', 'remove', 'mine'])).toEqual([0, 'Removed mine.\n', '']);
  expect(await query(database.url, 'select state, reason from paggio.deliveries')).toEqual([
    { state: 'failed', reason: 'cancelled' },
  ]);
});

test('a mistake is explained in a sentence, with the next step', async () => {
  expect(await paggio(['migrate'], { DATABASE_URL: '' })).toEqual([1, '', expect.stringContaining('DATABASE_URL')]);
  expect(await paggio(['migrate'], { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' })).toEqual([
    1,
    '',
    expect.stringMatching(/does not answer.*\n {2}Check the database URL/),
  ]);
  expect(await paggio(['handlers'], { PAGGIO_MASTER_KEY: 'short' })).toEqual([
    1,
    '',
    expect.stringContaining('32 bytes'),
  ]);
  expect((await paggio(['migrat']))[0]).toBe(1);
  expect((await paggio(['--help']))[1]).toContain('migrate');
});

test('the installed command runs', () => {
  const text = execFileSync(process.execPath, [join(__dirname, '../bin/paggio.js'), 'migrate', '--sql'], {
    env: { PATH: process.env['PATH'] },
  });
  expect(text.toString()).toContain('create schema if not exists paggio;');
});
