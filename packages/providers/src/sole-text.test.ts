import { JsonWalk } from './json-walk';
import { soleTextAt } from './sole-text';

const at = (body: string | Buffer, ...path: string[]): unknown => {
  const found = soleTextAt(Buffer.from(body), path);
  return typeof found === 'string' ? found : [found.text];
};

test.each<[string, string[], unknown]>([
  ['{"a":"s"}', ['a'], ['s']],
  ['{"x":{"a":"no"},"a":{"x":1,"b":[0,{"c":"s"}]},"b":"no"}', ['a', 'b', '1', 'c'], ['s']],
  ['[{"a":"first"},{"a":"s"}]', ['1', 'a'], ['s']],
  ['{"0":{"a":"s"}}', ['0', 'a'], ['s']],
  ['{"p\\u0061ss":"\\u0073\\"é"}', ['pass'], ['s"é']],
  ['{"":"s"}', [''], ['s']],
  ['{"a":""}', ['a'], ['']],
  ['{"__proto__":{"a":"s"}}', ['__proto__', 'a'], ['s']],
  // Members off the path may have any names.
  ['{"a":"s","b":{"a":1,"a":2},"c":1,"c":2}', ['a'], ['s']],
  ['{"a":{"b":"s","c":1,"c":2}}', ['a', 'b'], ['s']],
  ['{"b":"s"}', ['a'], 'missing'],
  ['{"a":"s"}', ['a', 'b'], 'missing'],
  ['{"a":["s"]}', ['a', '1'], 'missing'],
  ['{"a":["s"]}', ['a', '00'], 'missing'],
  ['{"a":["s"]}', ['a', '-'], 'missing'],
  ['{"a":["s"]}', ['a', 'length'], 'missing'],
  ['{}', ['constructor'], 'missing'],
  ['"s"', ['a'], 'missing'],
  ['{"a":1}', ['a'], 'no_text'],
  ['{"a":null}', ['a'], 'no_text'],
  ['{"a":true}', ['a'], 'no_text'],
  ['{"a":["s"]}', ['a'], 'no_text'],
  ['{"a":{"a":"s"}}', ['a'], 'no_text'],
  ['{"a":"s","a":"s"}', ['a'], 'repeated'],
  ['{"a":"s","\\u0061":1}', ['a'], 'repeated'],
  ['{"a":1,"x":2,"a":"s"}', ['a'], 'repeated'],
  ['{"a":{"b":"s"},"a":{}}', ['a', 'b'], 'repeated'],
  ['{"a":{},"a":{"b":"s"}}', ['a', 'b'], 'repeated'],
  ['{"a":{"b":1,"b":"s"}}', ['a', 'b'], 'repeated'],
  ['{"a":"s"', ['a'], 'not_json'],
  ['{"a":"s"}}', ['a'], 'not_json'],
  ['{"a":"s","b":[1,}', ['a'], 'not_json'],
  ['a=s', ['a'], 'not_json'],
  ['', ['a'], 'not_json'],
])('in %s the text at %j is %j', (body, path, expected) => {
  expect(at(body, ...path)).toEqual(expected);
});

test('bytes that are not UTF-8 are not JSON', () => {
  expect(at(Buffer.concat([Buffer.from('{"a":"s","b":"'), Buffer.of(0xff), Buffer.from('"}')]), 'a')).toBe('not_json');
});

test('a body that is nested too deeply is too large, even off the path', () => {
  const nested = '['.repeat(70_000) + ']'.repeat(70_000);
  expect(at(`{"a":"s","b":${nested}}`, 'a')).toBe('too_large');
});

test('a large body is read without making any other value', () => {
  const filler = `[${'{"b":[1]},'.repeat(400_000)}0]`;
  const body = Buffer.from(`{"filler":${filler},"a":{"b":"s"}}`);
  const tokens = jest.spyOn(JsonWalk.prototype, 'text');
  expect(at(body, 'a', 'b')).toEqual(['s']);
  // Only the names on the path are made into text.
  expect(tokens).toHaveBeenCalledTimes(3);
});
