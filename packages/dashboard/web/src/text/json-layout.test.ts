import fc from 'fast-check';
import { layOutJson } from './json-layout';

const formatted = (source: string): string | undefined => layOutJson(source, 'formatted')?.text;

test('each member has its own line, and every token its exact text', () => {
  const source = '{"b":12345678901234567890,"a":1.10,"a":[1e400,-0,{}],"e":"\\u00e9\\/",   "n":null}';
  expect(formatted(source)).toBe(
    [
      '{',
      '  "b": 12345678901234567890,',
      '  "a": 1.10,',
      '  "a": [',
      '    1e400,',
      '    -0,',
      '    {}',
      '  ],',
      '  "e": "\\u00e9\\/",',
      '  "n": null',
      '}',
    ].join('\n'),
  );
});

test('a text shown as received is unchanged', () => {
  const source = ' {\r\n\t"a" : [ 1 ,2 ]\n} ';
  expect(layOutJson(source, 'received')?.text).toBe(source);
});

test('each token has its position', () => {
  const laidOut = layOutJson('{"a":["x",1,true]}', 'formatted');
  expect(laidOut?.tokens.map(({ kind, start, end }) => [kind, laidOut.text.slice(start, end)])).toEqual([
    ['key', '"a"'],
    ['string', '"x"'],
    ['number', '1'],
    ['word', 'true'],
  ]);
});

test.each(['', 'hello', '<xml/>', '{"a":1}{"b":2}', '[1}', ']', '{"a":undefined}', "{'a':1}", 'a=1&b=2', ','])(
  'a text that is not JSON is left alone: %j',
  (source) => {
    expect(layOutJson(source, 'formatted')).toBeNull();
    expect(layOutJson(source, 'received')).toBeNull();
  },
);

test('a text that is cut off at its end is still laid out', () => {
  expect(formatted('{"a":[1,{"b":"unfin')).toBe('{\n  "a": [\n    1,\n    {\n      "b": "unfin');
});

test('100,000 brackets do not become gigabytes of white space', () => {
  const source = '['.repeat(100_000);
  expect(formatted(source)?.length).toBeLessThan(110_000);
});

test('in any JSON only white space between tokens changes', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (source, padding) => {
      const text = padding + source + padding;
      expect(JSON.parse(formatted(text) as string)).toEqual(JSON.parse(text));
      expect(layOutJson(text, 'received')?.text).toBe(text);
    }),
  );
});
