import { orderKeyOf, parseOrderBy, type OrderBy } from './order-key';

const key = (orderBy: string, body: string, headers: string[] = []): string | undefined =>
  orderKeyOf(parseOrderBy(orderBy) as OrderBy, headers, Buffer.from(body))?.toString('hex');

test('a pointer follows RFC 6901, and a header name ignores case', () => {
  expect(parseOrderBy('/a~1b/~0c/0')).toEqual({ pointer: ['a/b', '~c', '0'] });
  expect(parseOrderBy('X-Key')).toEqual({ header: 'x-key' });
  for (const wrong of ['', 'two words', '/a~2', '/a~', 'a:b', `/${'x'.repeat(300)}`])
    expect([wrong, parseOrderBy(wrong)]).toEqual([wrong, undefined]);
});

test('equal values have equal keys, and anything without a value has no key', () => {
  expect(key('/a/0/b', '{"a":[{"b":"x"}]}')).toBe(key('/id', '{"id":"x"}'));
  expect(key('/id', '{"id":"1"}')).not.toBe(key('/id', '{"id":1}'));
  expect(key('X-Key', 'no json', ['x-KEY', 'v'])).toMatch(/^[0-9a-f]{32}$/);
  for (const body of ['{}', '[]', '', 'no json', '{"id":null}', '{"id":{}}', '{"id":[1]}'])
    expect([body, key('/id', body)]).toEqual([body, undefined]);
  expect(key('/__proto__/x', '{}')).toBeUndefined();
  expect(key('X-Key', '{}')).toBeUndefined();
  const bytes = Buffer.from([...Buffer.from('{"id":"'), 0xff, ...Buffer.from('"}')]);
  expect(orderKeyOf({ pointer: ['id'] }, [], bytes)).toBeNull();
});

test('a body of more than 1 MiB has the same key as a small one', () => {
  const filler = `"filler":${JSON.stringify('x'.repeat(1024 * 1024))}`;
  for (const [pointer, member] of [
    ['/data/customer', '"data":{"customer":"cus_1"}'],
    ['/items/1/n', '"items":[0,{"n":12345678901234567890}]'],
    ['/a~1b', '"a/b":true'],
  ] as const) {
    const small = key(pointer, `{${member}}`);
    expect(small).toMatch(/^[0-9a-f]{32}$/);
    expect(key(pointer, `{${filler},${member}}`)).toBe(small);
    expect(key(pointer, `{${member},${filler}}`)).toBe(small);
  }
  expect(key('/data', `{"data":{},${filler}}`)).toBeUndefined();
  expect(key('/data', `{"data":1,${filler}`)).toBeUndefined();
});
