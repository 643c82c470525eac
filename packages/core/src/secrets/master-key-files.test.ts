import { randomBytes } from 'node:crypto';
import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { masterKeyId } from './master-key';
import { MasterKeyFiles } from './master-key-files';

let directory: string;
let files: MasterKeyFiles;
const read = (name: string): string => readFileSync(join(directory, name), 'utf8');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'paggio-keys-'));
  files = new MasterKeyFiles(directory);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a new key keeps the previous one until that is forgotten, and only the owner can read the files', () => {
  const { current: old } = files.keys();
  expect(files.renew()).toEqual({
    keyId: masterKeyId(files.keys().current),
    previousKeyId: masterKeyId(old),
    made: true,
  });
  const { current, previous } = files.keys();
  expect([current.equals(old), previous]).toEqual([false, [old]]);
  expect(readdirSync(directory).sort()).toEqual(['master-key', 'master-key.previous']);
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  // There is no third key until the server no longer needs the old one.
  expect(files.renew()).toMatchObject({ keyId: masterKeyId(current), made: false });
  files.forget(current);
  expect(files.keys().previous).toEqual([old]);
  files.forget(old);
  expect(files.keys()).toEqual({ current, previous: [] });
});

test('a renewal that stopped between any two steps is finished by the next one, and no key is lost', () => {
  const old = files.keys().current;
  // It stopped before the old key was stored.
  writeFileSync(join(directory, 'master-key.next'), randomBytes(32).toString('base64'));
  expect(files.keys()).toEqual({ current: old, previous: [] });
  // It stopped before the new key was in place.
  writeFileSync(join(directory, 'master-key.previous'), read('master-key'));
  expect(files.keys()).toEqual({ current: old, previous: [] });
  expect(files.renew().made).toBe(true);
  expect(files.keys().previous).toEqual([old]);
});

test('a key file is replaced and never overwritten, so a crash cannot leave half a key', () => {
  files.keys();
  const before = read('master-key');
  linkSync(join(directory, 'master-key'), join(directory, 'kept'));
  files.renew();
  expect(read('master-key')).not.toBe(before);
  expect(read('kept')).toBe(before);
});

test('a missing or damaged key file is a clear error', () => {
  expect(() => files.renew()).toThrow('There is no master key');
  writeFileSync(join(directory, 'master-key'), Buffer.alloc(32).toString('base64'));
  files.renew();
  expect(files.keys().previous).toEqual([Buffer.alloc(32)]);
  writeFileSync(join(directory, 'master-key.previous'), 'x');
  expect(() => files.keys()).toThrow('master-key.previous is damaged');
});
