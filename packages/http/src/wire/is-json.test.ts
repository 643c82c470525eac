import fc from 'fast-check';
import { isJson } from './is-json';

const judged = (text: string, depth = 100): boolean => isJson(Buffer.from(text), depth);

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('it agrees with the parser on JSON that was damaged in one place', () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom(...'{}[]:,"\\ \t\r\n0-+.eEutfn\u0001\u00e9\ud83d\ude00', ''), fc.nat(2))
    .map(([json, place, added, removed]) => {
      const at = place % (json.length + 1);
      return (json.slice(0, at) + added + json.slice(at + removed)).toWellFormed();
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged), (text) => {
      expect(judged(text)).toBe(parses(text));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  '-0',
  '0',
  '1.10',
  '1e400',
  '-12E+7',
  '1e-0',
  '00',
  '01',
  '-',
  '-a',
  '.5',
  '5.',
  '1e',
  '1e+',
  '+1',
  '0x1',
  'Infinity',
  'NaN',
  '1 2',
  ' \t\r\n1 ',
  '\u00a01',
  '\ufeff1',
  '\u000b1',
  '',
  ' ',
  'tru',
  'truex',
  'nul',
  '"\\ud800"',
  '"\\ud8"',
  '"\\u12g4"',
  '"\\x"',
  '"\\',
  '"a',
  '"\u2028"',
  '"\t"',
  '"\u007f"',
  '{"a":1,"a":2}',
  '{"a":1,}',
  '{,}',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  '[1,]',
  '[,1]',
  '[1 2]',
  '[}',
  '{]',
  '[[]]]',
  '[',
  ']',
  '{"a":[{"b":[]},{}]} ',
  '// c\n1',
])('%j is JSON exactly when the parser says so', (text) => {
  expect(judged(text)).toBe(parses(text));
});

test('depth is counted in objects and arrays together', () => {
  expect([judged('[{"a":[]}]', 3), judged('[{"a":[]}]', 2), judged('[[],[],{}]', 2), judged('1', 0)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
