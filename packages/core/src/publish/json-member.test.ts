import fc from 'fast-check';
import { memberSources } from './json-member';

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
])('the payload of %s is cut out', (json, ...sources) => {
  expect(memberSources(json, 'payload')).toEqual(sources);
});

test('what is cut out is what a parser finds there', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(4), (others, payload, indent) => {
      const json = JSON.stringify({ ...others, payload, last: 1 }, null, indent);
      const source = memberSources(json, 'payload').at(-1) as string;
      expect(JSON.parse(source)).toEqual(JSON.parse(JSON.stringify(payload)));
      expect(json).toContain(source);
    }),
  );
});
