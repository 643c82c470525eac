import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isGuessableKey, masterKeyOf, readMasterKeys } from './master-key';

const full = process.env['PAGGIO_FULL'] !== undefined;

const names = { current: 'KEY', previous: 'OLD' };
const [one, two] = [randomBytes(32), randomBytes(32)];

test.each([
  ['zeros', Buffer.alloc(32)],
  ['one byte over and over', Buffer.alloc(32, 0xab)],
  ['a count', Buffer.from(Array.from({ length: 32 }, (_, index) => index + 1))],
  ['a count down', Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index))],
  ['a short pattern', Buffer.from('deadbeef'.repeat(8), 'hex')],
  ['the hex digits', Buffer.from('0123456789abcdef'.repeat(4), 'hex')],
  ['half a key twice', Buffer.concat([one.subarray(0, 16), one.subarray(0, 16)])],
])('a guessable key of %s can be refused as the current one, and decrypts as a previous one', (_name, key) => {
  expect(readMasterKeys(key, [], names, 'refused')).toEqual([
    { field: 'KEY', message: expect.stringContaining('guess') },
  ]);
  expect(readMasterKeys(key, [], names, 'accepted')).toEqual({ current: key, previous: [] });
  expect(readMasterKeys(one, [key], names, 'refused')).toEqual({ current: one, previous: [key] });
});

test('random keys are accepted in every form', () => {
  const random = Array.from({ length: full ? 100_000 : 2_000 }, () => randomBytes(32));
  expect(random.filter(isGuessableKey)).toEqual([]);
  for (const form of [two, two.toString('hex'), two.toString('base64'), two.toString('base64').replace('=', '')])
    expect(readMasterKeys(form, [one], names, 'refused')).toEqual({ current: two, previous: [one] });
});

test('the error names every wrong key', () => {
  const problems = readMasterKeys(one, ['short', one, two, two, 7], names, 'refused');
  expect(problems).toEqual([
    { field: 'OLD', message: 'OLD: key 1 must be exactly 32 bytes, as base64 or hex.' },
    { field: 'OLD', message: 'OLD: key 2 is the current one, KEY.' },
    { field: 'OLD', message: 'OLD: key 4 is listed twice.' },
    { field: 'OLD', message: 'OLD: key 5 must be exactly 32 bytes, as base64 or hex.' },
  ]);
  expect(readMasterKeys('short', 'no list', names, 'refused')).toHaveLength(2);
});

test('the documentation shows no key that a reader could copy', () => {
  const root = join(__dirname, '../../../..');
  const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'compose.yml', 'Dockerfile', ...docs.map((name) => join('docs', name))];
  const shown = files.flatMap((name) =>
    readFileSync(join(root, name), 'utf8')
      .split('\n')
      .filter((line) => /master.?key/i.test(line))
      .flatMap((line) => line.match(/[A-Za-z0-9+/]{43,64}=?/g) ?? [])
      .filter((text) => masterKeyOf(text)),
  );
  expect(shown).toEqual([]);
});
