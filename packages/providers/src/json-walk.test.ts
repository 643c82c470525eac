import fc from 'fast-check';
import { JsonWalk, type JsonToken, type JsonWalkOptions } from './json-walk';

/** The full check tries more random texts. */
const full = process.env['PAGGIO_FULL'] === '1';

function walked(text: string | Buffer, options: JsonWalkOptions = {}): [JsonToken, string][] {
  const bytes = Buffer.from(text);
  const walk = new JsonWalk(bytes, options);
  const found: [JsonToken, string][] = [];
  for (;;) {
    const token = walk.next();
    if (token === 'end' || token === 'wrong' || token === 'too_deep') return [...found, [token, '']];
    found.push([token, bytes.toString('utf8', walk.start, walk.end)]);
  }
}

const ending = (text: string, options?: JsonWalkOptions): JsonToken => walked(text, options).at(-1)?.[0] as JsonToken;

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value that a walk describes. */
function built(bytes: Buffer, options: JsonWalkOptions): unknown {
  const walk = new JsonWalk(bytes, options);
  const holder: unknown[] = [];
  const open: (unknown[] | Record<string, unknown>)[] = [holder];
  let name = '';
  for (;;) {
    const token = walk.next();
    const parent = open.at(-1) as unknown[] | Record<string, unknown>;
    if (token === 'end') return holder[0];
    if (token === 'close') open.pop();
    else if (token === 'name') name = walk.text();
    else if (token === 'wrong' || token === 'too_deep') throw new Error(token);
    else {
      const made: unknown =
        token === 'object' ? {} : token === 'array' ? [] : JSON.parse(bytes.toString('utf8', walk.start, walk.end));
      if (Array.isArray(parent)) parent.push(made);
      else Object.defineProperty(parent, name, { value: made, enumerable: true, configurable: true, writable: true });
      if (token !== 'scalar') open.push(made as unknown[]);
    }
    expect(walk.depth).toBe(open.length - 1);
  }
}

test('the tokens of a text follow RFC 8259, each with the position of its bytes', () => {
  expect(walked(' {"a" : [1.5e+3, true ,"\\u00e9\\"" ], "b":{}}\r\n')).toEqual([
    ['object', '{'],
    ['name', '"a"'],
    ['array', '['],
    ['scalar', '1.5e+3'],
    ['scalar', 'true'],
    ['scalar', '"\\u00e9\\""'],
    ['close', ']'],
    ['name', '"b"'],
    ['object', '{'],
    ['close', '}'],
    ['close', '}'],
    ['end', ''],
  ]);
});

test('a walk describes the same value as the parser, with names and strings of any length', () => {
  // Any code points. Strings with the unit 'binary' take long to set up.
  const any = fc.array(fc.nat(0x10_ffff), { maxLength: 10 }).map((points) => String.fromCodePoint(...points));
  const name = fc.oneof(
    any,
    fc.constantFrom('a', 'toString', '__proto__', 'x'.repeat(32), 'x'.repeat(33), 'é', '"', '\\', '\u0000'),
  );
  const text = fc.oneof(any, fc.string({ maxLength: 120 }), fc.constant('\\"'.repeat(40)));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(text, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(tree, fc.nat(2), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, null, indent));
      const parsed: unknown = JSON.parse(bytes.toString('utf8'));
      expect(built(bytes, {})).toEqual(parsed);
      expect(built(bytes, { valid: true })).toEqual(parsed);
    }),
    { numRuns: full ? 500 : 60 },
  );
});

test('a walk reaches the end exactly if the parser accepts the text', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]:,"\\ \t\r\n0-+.eEutfn\u0001\u00e9\ud83d\ude00', ''), fc.nat(2))
    .map(([json, place, added, removed]) => {
      const at = place % (json.length + 1);
      return (json.slice(0, at) + added + json.slice(at + removed)).toWellFormed();
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged), (text) => {
      expect(ending(text)).toBe(parses(text) ? 'end' : 'wrong');
    }),
    { numRuns: full ? 2_000 : 300 },
  );
});

test.each([
  ...['-0', '0', '1.10', '1e400', '-12E+7', '1e-0', '00', '01', '-', '-a', '.5', '5.', '1e', '1e+', '+1', '0x1'],
  ...['Infinity', 'NaN', '1 2', ' \t\r\n1 ', '\u00a01', '\ufeff1', '\u000b1', '', ' ', 'tru', 'truex', 'nul', 'true'],
  ...[
    '"\\ud800"',
    '"\\ud8"',
    '"\\u12g4"',
    '"\\u12',
    '"\\x"',
    '"\\',
    '"a',
    '"',
    '"\u2028"',
    '"\t"',
    '"\u001f"',
    '"\u0010"',
    '"\u007f"',
  ],
  ...['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '{"a":1,"a":2}', '{"a":1,}', '{,}', '{"a"}', '{"a":}', '{a:1}', '{"a" 1}'],
  ...['{"a":1,]', '[1:2]', '{"a":1:2}', '{"\\x":1}', '{"a', '{"a"', '{"a":'],
  ...['[1,]', '[,1]', '[1 2]', '[}', '{]', '[[]]]', '[', ']', '{"a":[{"b":[]},{}]} ', '// c\n1'],
])('%j is JSON exactly if the parser says so', (text) => {
  expect(ending(text)).toBe(parses(text) ? 'end' : 'wrong');
});

test('depth counts objects and arrays together, exactly up to the limit', () => {
  const at = (text: string, maxDepth: number): JsonToken => ending(text, { maxDepth });
  expect([at('[{"a":[]}]', 3), at('[{"a":[]}]', 2), at('[[],[],{}]', 2), at('1', 0), at('[]', 0)]).toEqual([
    'end',
    'too_deep',
    'end',
    'end',
    'too_deep',
  ]);
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect([ending(nested(65_536)), ending(nested(65_537))]).toEqual(['end', 'too_deep']);
});

test('a value is skipped as a whole, whatever it contains', () => {
  const bytes = Buffer.from('{"a":{"b":[1,{"c":2}],"d":"]}"} , "e":[ ],"f":3}');
  const walk = new JsonWalk(bytes);
  walk.next();
  const values: [string, JsonToken, string][] = [];
  while (walk.next() === 'name') {
    const name = walk.text();
    walk.next();
    const { start } = walk;
    values.push([name, walk.skip(), bytes.toString('utf8', start, walk.end)]);
  }
  expect(values).toEqual([
    ['a', 'close', '{"b":[1,{"c":2}],"d":"]}"}'],
    ['e', 'close', '[ ]'],
    ['f', 'scalar', '3'],
  ]);
  const broken = new JsonWalk(Buffer.from('[[1,}'));
  broken.next();
  expect(broken.skip()).toBe('wrong');
  const deep = new JsonWalk(Buffer.from('[[[]]]'), { maxDepth: 2 });
  deep.next();
  expect(deep.skip()).toBe('too_deep');
});

test('a walk may begin at any value', () => {
  expect(walked('{"a":[1,2],"b":3}', { from: 5 })).toEqual([
    ['array', '['],
    ['scalar', '1'],
    ['scalar', '2'],
    ['close', ']'],
    ['wrong', ''],
  ]);
});

test('names with the same hash are distinguished', () => {
  // Names of the same length have the same hash here: 31 times the hash so far, plus each byte.
  const names = ['Aa', 'BB', 'Aa', 'AaBB', 'BBAa', 'AaBB'];
  const walk = new JsonWalk(Buffer.from(`{${names.map((name) => `"${name}":1`).join(',')}}`));
  const found: string[] = [];
  for (let token = walk.next(); token !== 'end'; token = walk.next()) if (token === 'name') found.push(walk.text());
  expect(found).toEqual(names);
});
