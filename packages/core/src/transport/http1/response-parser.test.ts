import { HeadersTooLarge } from './invalid-response';
import type { ResponseHead } from './response-head';
import { ResponseParser } from './response-parser';
import { responses } from './testing/damaged-responses';

/** Gives bytes to a parser in parts of this size, always in the same memory. */
function parse(bytes: Buffer, size: number): { heads: ResponseHead[]; body: Buffer; used: number; taken: number } {
  const heads: ResponseHead[] = [];
  const body: Buffer[] = [];
  const parser = new ResponseParser({
    onHead: (head) => heads.push(head),
    onBody: (part) => body.push(Buffer.from(part)),
  });
  parser.begin('POST');
  const memory = Buffer.alloc(size);
  let used = -1;
  let taken = 0;
  for (let at = 0; at < bytes.length && used < 0; at += size) {
    taken = at;
    used = parser.take(memory.subarray(0, bytes.copy(memory, 0, at, at + size)));
  }
  return { heads, body: Buffer.concat(body), used, taken };
}

test('a response means the same in parts of any size, and whatever the memory of a part is used for afterwards', () => {
  for (const response of responses) {
    const whole = parse(response, response.length);
    for (let size = 1; size < response.length; size++) {
      const { heads, body } = parse(response, size);
      expect({ size, heads, body }).toEqual({ size, heads: whole.heads, body: whole.body });
    }
  }
});

test('the bytes after a response are left', () => {
  const [response] = responses as [Buffer];
  for (const more of ['x', 'HTTP/1.1 200 OK\r\n\r\n']) {
    const bytes = Buffer.concat([response, Buffer.from(more)]);
    expect(parse(bytes, bytes.length).used).toBe(response.length);
  }
});

test.each([1, 2, 3, 1_000, 100_000])(
  'a head, or trailers, of more than 64 KiB are refused, in parts of %i bytes',
  (size) => {
    const much = 'x'.repeat(70_000);
    expect(() => parse(Buffer.from(`HTTP/1.1 200 OK\r\nX: ${much}`), size)).toThrow(HeadersTooLarge);
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n';
    expect(() => parse(Buffer.from(`${chunked}X: ${much}`), size)).toThrow(HeadersTooLarge);
    expect(() => parse(Buffer.from(chunked + 'X: y\r\n'.repeat(12_000)), size)).toThrow(HeadersTooLarge);
  },
);

test('chunk extensions count as headers, so that a small body cannot come with any amount of them', () => {
  const chunk = `1;a=${'x'.repeat(4_000)}\r\ny\r\n`;
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(17)}`);
  expect(() => parse(bytes, 1_000)).toThrow(HeadersTooLarge);
});

test('a chunk size line without an end is refused', () => {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(5_000)}`);
  expect(() => parse(bytes, 100)).toThrow('too long');
});

test('a header named __proto__ is kept as a header', () => {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\nContent-Length: 0\r\n\r\n');
  const headers = parse(bytes, bytes.length).heads[0]?.headers ?? {};
  expect(Object.entries(headers)).toEqual([
    ['__proto__', ['a', 'b']],
    ['content-length', '0'],
  ]);
  expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
});
