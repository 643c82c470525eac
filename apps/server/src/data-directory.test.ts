import { linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataDirectory } from './data-directory';

let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'paggio-data-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

test('a start removes secrets that a killed process left unfinished, and no file that is in use or being written', () => {
  const left = ['api-key.new-7', 'master-key.7', 'master-key.next.7', 'master-key.previous.7'];
  const kept = ['api-key', 'api-key.new-8', 'master-key', 'master-key.8', 'master-key.previous', 'notes.7'];
  for (const name of [...left, ...kept]) writeFileSync(join(path, name), 'text');
  const hourAgo = new Date(Date.now() - 3_600_000);
  const beingWritten = ['api-key.new-8', 'master-key.8'];
  for (const name of readdirSync(path))
    if (!beingWritten.includes(name)) utimesSync(join(path, name), hourAgo, hourAgo);
  new DataDirectory(path);
  expect(readdirSync(path).sort()).toEqual(kept);
});

test('a file is replaced as a whole, even if a killed process with the same id left a link to it', () => {
  const directory = new DataDirectory(path);
  directory.replace('api-key', null, 'first');
  linkSync(join(path, 'api-key'), join(path, `api-key.new-${process.pid}`));
  const { ino } = statSync(join(path, 'api-key'));
  directory.replace('api-key', 'first', 'second');
  expect(readFileSync(join(path, 'api-key'), 'utf8')).toBe('second');
  // A file written in place would be incomplete for a moment.
  expect(statSync(join(path, 'api-key')).ino).not.toBe(ino);
  expect(readdirSync(path)).toEqual(['api-key']);
});
