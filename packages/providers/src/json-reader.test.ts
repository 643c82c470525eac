import fc from 'fast-check';
import { readJson, WantedPlaces, type BodyPlace } from './json-reader';

const full = process.env['PAGGIO_FULL'] === '1';

const places: readonly BodyPlace[] = [
  { path: ['a'] },
  { path: ['b', 'a'] },
  { path: ['c', 0, 'a'] },
  { path: ['c', 2] },
  { path: ['d', 'é"\\'] },
  { list: ['list'], path: ['a', 'b'] },
  { path: ['list', 0, 'c'] },
  { path: [0, 'a'] },
];

function wanted(): WantedPlaces {
  return places.reduce((all, place) => all.add(place), new WantedPlaces());
}

function at(value: unknown, path: readonly (string | number)[]): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string | number, unknown>)[step];
  }
  return typeof here === 'object' && here !== null ? 'a container' : here;
}

/** The values that a parser finds at the wanted places. */
function seen(root: unknown): unknown[] {
  return places.flatMap(({ list, path }) => {
    if (!list) return [at(root, path)];
    const items = (root as Record<string, unknown> | null)?.['list'];
    return Array.isArray(items) ? [items.length, ...items.map((item: unknown) => at(item, path))] : ['no list'];
  });
}

function parsed(text: string): unknown[] | 'not_json' {
  try {
    return seen(JSON.parse(text));
  } catch {
    return 'not_json';
  }
}

function read(text: string): unknown {
  const reading = readJson(Buffer.from(text), wanted());
  return typeof reading === 'string' ? reading : seen(reading.root);
}

const key = fc.constantFrom('a', 'b', 'c', 'd', 'list', 'é"\\', 'x', '', '0', '__proto__');
const scalar = fc.oneof(
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant('\u0000\ud800'),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar.map((value) => JSON.stringify(value)),
    fc.array(tie('tree'), { maxLength: 5 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(key, tie('tree')), { maxLength: 5 })
      .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)}:\n${value}`).join(',')}\t}`),
  ),
})) as { tree: fc.Arbitrary<string> };
const root = fc.oneof(
  fc.array(tree, { maxLength: 4 }).map((items) => `[${items.join(',')}]`),
  fc
    .array(fc.tuple(key, tree), { maxLength: 6 })
    .map((members) => ` {${members.map(([name, value]) => `${JSON.stringify(name)} :${value}`).join(',')}} `),
);

test('the reader finds what a parser finds, even with repeated names', () => {
  fc.assert(
    fc.property(root, (text) => expect(read(text)).toEqual(parsed(text))),
    { numRuns: full ? 2_000 : 200 },
  );
});

test('the reader refuses what a parser refuses', () => {
  const changed = fc.tuple(
    root,
    fc.nat(),
    fc.constantFrom('', ',', '"', '}', ']', '\\', '0', 'e', '.', '-', '\u0001', ':', 'n'),
  );
  fc.assert(
    fc.property(changed, ([text, position, insert]) => {
      const at = position % text.length;
      const broken = text.slice(0, at) + insert + text.slice(at + 1);
      if (/^[\s]*[{[]/.test(broken)) expect(read(broken)).toEqual(parsed(broken));
    }),
    { numRuns: full ? 4_000 : 400 },
  );
});

test.each([
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":+1}',
  '{"a":1e}',
  '{"a":-}',
  '{"a":NaN}',
  '{"a":tru}',
  '{"a":"\\x"}',
  '{"a":"\\u12g4"}',
  '{"a":"\n"}',
  '{"a" 1}',
  '{a:1}',
  '{"a":1,}',
  '[1,]',
  '[,1]',
  '{"a":1}}',
  '{"a":1',
  '[',
  '{"a":"',
  '[1 2]',
  '{"a":1}x',
  '[}',
])('%s is not JSON', (text) => {
  expect(read(text)).toBe('not_json');
});

test('a later value of a repeated name replaces the earlier one completely', () => {
  expect(read('{"b":{"a":1},"b":{}}')).toEqual(parsed('{"b":{}}'));
  expect(read('{"b":{"a":1},"b":[1]}')).toEqual(parsed('{"b":0}'));
  expect(read('{"list":[{"a":{"b":1}}],"list":5}')).toEqual(parsed('{"list":5}'));
});

test('a body that is nested too deeply, or has too many wanted items, is not read', () => {
  const deep = (levels: number): string => `{"x":${'['.repeat(levels)}${']'.repeat(levels)},"a":1}`;
  expect(read(deep(60_000))).toEqual(parsed('{"a":1}'));
  expect(read(deep(70_000))).toBe('too_large');
  const items = (count: number): string => `{"list":[${'{},'.repeat(count - 1)}{}]}`;
  expect(read(items(100_001))).toBe('too_large');
  expect((read(items(1_000)) as unknown[])[5]).toBe(1_000);
  // Items that are not wanted one by one are not counted.
  expect(read(`{"c":[${'{},'.repeat(200_000)}{}],"a":1}`)).toEqual(parsed('{"c":[{},{},{}],"a":1}'));
});

test('hostile shapes take little memory and linear time', () => {
  const shapes = ['{},', '{"a":[{"a":1}]},'].map((item) =>
    Buffer.from(`[${item.repeat(Math.floor((1024 * 1024) / item.length))}1]`),
  );
  for (const body of shapes) {
    const before = process.memoryUsage().heapUsed;
    const reading = readJson(body, wanted());
    expect(typeof reading).toBe('object');
    expect((reading as { root: unknown[] }).root).toHaveLength(17);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
  }
});
