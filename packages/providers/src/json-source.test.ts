import fc from 'fast-check';
import { memberSources, replaceJsonStrings } from './json-source';

test.each([
  ['{"payload":12345678901234567890}', '12345678901234567890'],
  ['{ "a" : [1,{"payload":2}] , "payload" :  {"x": 1.10, "x":2}  }', '{"x": 1.10, "x":2}'],
  ['{"payload":"a\\"}b"}', '"a\\"}b"'],
  ['{"p\\u0061yload":-0e1,"z":0}', '-0e1'],
  ['{"payload":[ ]\n}', '[ ]'],
  ['{"payload":null}', 'null'],
  ['{"payloads":1}'],
  ['{}'],
  ['[{"payload":1}]'],
  ['{"payload":1,"payload":2}', '1', '2'],
])('the source text of the payload in %s is returned', (json, ...sources) => {
  expect(memberSources(Buffer.from(json), 'payload')).toEqual(sources);
});

test('the source text is what a parser finds there', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(4), (others, payload, indent) => {
      const json = JSON.stringify({ ...others, payload, last: 1 }, null, indent);
      const source = memberSources(Buffer.from(json), 'payload').at(-1) as string;
      expect(JSON.parse(source)).toEqual(JSON.parse(JSON.stringify(payload)));
      expect(json).toContain(source);
    }),
  );
});

test('a string is replaced at a path and no other byte changes, in any body', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), fc.nat(4), (others, value, indent) => {
      const json = JSON.stringify({ ...others, list: [1, { inner: 'old' }], big: 1 }, null, indent);
      const [before, after] = json.split('"old"') as [string, string];
      const changed = replaceJsonStrings(Buffer.from(json), [[['list', 1, 'inner'], value]]).toString('utf8');
      expect(changed).toBe(before + JSON.stringify(value) + after);
    }),
  );
});

test('several strings can be replaced at once; a missing one, or text that is not JSON, is an error', () => {
  const edit = (json: string, ...paths: (string | number)[][]): string =>
    replaceJsonStrings(
      Buffer.from(json),
      paths.map((path) => [path, 'x'] as const),
    ).toString();
  expect(edit('{"a":1.10,"b":[ "1", 12345678901234567890 ]}', ['b', 0], ['a'])).toBe(
    '{"a":"x","b":[ "x", 12345678901234567890 ]}',
  );
  expect(edit('{"a":1,"a":2}', ['a'])).toBe('{"a":1,"a":"x"}');
  expect(() => edit('{"a":1}', ['b'])).toThrow('no b');
  expect(() => edit('{"a":', ['a'])).toThrow('not JSON');
  const bytes = Buffer.from([...Buffer.from('{"a":"1","b":"'), 0xff, ...Buffer.from('"}')]);
  expect(() => replaceJsonStrings(bytes, [[['a'], 'x']])).toThrow('not JSON');
});
