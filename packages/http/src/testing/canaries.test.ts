import { inspect } from 'node:util';
import { Canaries } from './canaries';

const canaries = new Canaries();
const value = canaries.plant('here');
const bytes = Buffer.from(`ab${value}c`);

test.each([
  ['text', `x ${value} y`],
  ['the beginning of it', value.slice(0, 20)],
  ['JSON of a buffer', JSON.stringify(bytes)],
  ['JSON with indentation', JSON.stringify(bytes, null, 2)],
  ['a list of numbers', inspect([...bytes], { maxArrayLength: null })],
  ['an inspected buffer', inspect(bytes)],
  ['hex', bytes.toString('hex').toUpperCase()],
  ['hex of PostgreSQL', `\\x${bytes.toString('hex')}`],
  ['percent encoding', [...bytes].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')],
  ...[0, 1, 2, 3].map((offset): [string, string] => [
    `base64 behind ${offset} bytes`,
    Buffer.from('x'.repeat(offset) + value + 'yz').toString('base64'),
  ]),
  ...[0, 1, 2].map((offset): [string, string] => [
    `base64url behind ${offset} bytes`,
    Buffer.from('?'.repeat(offset) + value).toString('base64url'),
  ]),
])('a canary is found as %s', (_form, text) => {
  expect(canaries.foundIn(`before ${text} after`)).toEqual(['here']);
});

test('a canary is not found in other texts', () => {
  expect(canaries.foundIn(new Canaries().plant('elsewhere'))).toEqual([]);
});

test('a later value of a place does not hide an earlier one', () => {
  const own = new Canaries();
  const [first, second] = [own.plant('body'), own.plant('body')];
  for (const text of [first, second, `${first} ${second}`]) expect(own.foundIn(text)).toEqual(['body']);
});
