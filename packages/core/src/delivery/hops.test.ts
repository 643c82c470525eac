import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Hops, MAX_HOPS } from './hops';

const hash = (body: string): string => createHash('sha256').update(body).digest('hex');
const BODY = hash('{"a":1}');
const own = new Hops(Buffer.alloc(32, 1));
const theirs = new Hops(Buffer.alloc(32, 2));

const count = (hops: Hops, headers: readonly string[], body = BODY): number => hops.count(headers, () => body);
/** The header that a gateway sends on after it received `headers`. */
const through = (hops: Hops, headers: readonly string[], body = BODY): string[] => [
  'Paggio-Hops',
  hops.next(headers, body),
];

test('each pass counts once, in every process that shares the master key', () => {
  let headers: string[] = [];
  for (let passed = 0; passed < MAX_HOPS; passed++) {
    expect(count(own, headers)).toBe(passed);
    headers = through(passed % 2 === 0 ? own : new Hops(Buffer.alloc(32, 1)), headers);
  }
  expect(count(own, headers)).toBe(MAX_HOPS);
  // A manual replay is sent nevertheless, and is recognised when it comes back.
  expect(count(own, through(own, headers))).toBe(MAX_HOPS);
});

test('each installation in a loop of several notices the loop', () => {
  let headers: string[] = [];
  for (let round = 1; round <= MAX_HOPS; round++) {
    headers = through(own, headers);
    expect([count(own, headers), count(theirs, headers)]).toEqual([round, round - 1]);
    headers = through(theirs, headers);
    expect([count(own, headers), count(theirs, headers)]).toEqual([round, round]);
  }
});

test('a loop of a dozen installations is noticed, and the header does not grow without limit', () => {
  const ring = Array.from({ length: 12 }, () => new Hops(randomBytes(32)));
  let headers: string[] = [];
  for (let round = 1; round <= MAX_HOPS; round++) {
    for (const one of ring) headers = through(one, headers);
    for (const one of ring) expect(count(one, headers)).toBe(round);
  }
  for (let n = 0; n < 100; n++) headers = through(new Hops(randomBytes(32)), headers);
  expect((headers[1] as string).length).toBeLessThan(500);
});

test('entries from anyone without the key are not counted, even if they were copied from other events', () => {
  const seen = [1, 2, 3].reduce<string[]>((headers) => through(own, headers, hash('another body')), []);
  const once = through(own, [])[1] as string;
  const forged = [
    ['Paggio-Hops', '3'],
    ['Paggio-Hops', '999999'],
    ['Paggio-Event-Id', 'x', 'Paggio-Hops', '2', 'Paggio-Hops', '3'],
    seen,
    through(theirs, through(theirs, through(theirs, []))),
    ['Paggio-Hops', `3.${once.slice(2)}`],
    ['Paggio-Hops', `3.${'A'.repeat(22)}`],
  ];
  for (const headers of forged) expect([headers, count(own, headers)]).toEqual([headers, 0]);
  // A genuine entry for the same body counts once, however often it is repeated.
  expect(count(own, ['Paggio-Hops', [once, once, once].join(), 'paggio-hops', once])).toBe(1);
  fc.assert(
    fc.property(fc.array(fc.string()), fc.string(), (values, text) => {
      const headers = [...values, text].flatMap((value) => ['Paggio-Hops', value]);
      return count(own, headers) === 0;
    }),
  );
});

test('only valid entries of others are passed on, and of many only the newest', () => {
  const foreign = through(theirs, [])[1] as string;
  const dirty = ['Paggio-Hops', `3, ${foreign},x"y, <b>, 9.${'B'.repeat(22)}`, 'PAGGIO-HOPS', 'not one'];
  expect(own.next(dirty, BODY)).toBe(`${foreign}, ${own.next([], BODY)}`);
  const many = Array.from({ length: 5_000 }, (_, n) => `1.${String(n).padStart(22, 'x')}`);
  const next = own.next(['Paggio-Hops', many.join(', ')], BODY).split(', ');
  expect(next).toEqual([...many.slice(-16), own.next([], BODY)]);
});

test('the body is hashed only when there is an entry to compare it with', () => {
  const never = (): string => {
    throw new Error('hashed');
  };
  expect(own.count(['Content-Type', 'text/plain', 'Paggio-Hops', '3'], never)).toBe(0);
});
