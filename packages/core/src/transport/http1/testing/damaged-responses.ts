/** A small generator of numbers that a seed repeats (mulberry32). */
export class Random {
  constructor(private state: number) {}

  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Responses as servers send them. */
export const responses: readonly Buffer[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 30 Nov 2026 10:00:00 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 15\r\n\r\n{"accepted":1.}',
  'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n',
  'HTTP/1.1 202 Accepted\r\nTransfer-Encoding: Chunked\r\nTrailer: Expires\r\n\r\n00A;a=b;c="d \\" e"\r\n0123456789\r\n0\r\nExpires: never\r\nX-Sum: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nServer: nginx\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 201 Created\r\nLocation: /b\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\nit broke',
  'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold server',
  'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nold',
  'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 5\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d\r\nX-Odd:\r\nX-Space: \t a b \t\r\nContent-Length: 4\r\n\r\nwait',
  'HTTP/1.1 200 OK\r\nX-Name: caf\xc3\xa9 \xff\r\nContent-Length: 1\r\n\r\n\x00',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nnot really',
].map(latin1);

/** Pieces on which parsers disagree. */
const PIECES = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x0c',
    '\x7f',
    '\x80',
    '\xff',
    ':',
    ';',
    ',',
    '"',
    '=',
  ],
  ...['Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Content-Length: +5\r\n', 'Content-Length: 5, 5\r\n'],
  ...[
    'Content-Length : 5\r\n',
    'Content-Length:5 \r\n',
    'content-length: 99999999999999999999\r\n',
    'Content-Length:\r\n',
  ],
  ...['Transfer-Encoding: chunked\r\n', 'Transfer-Encoding: xchunked\r\n', 'Transfer-Encoding: chunked, identity\r\n'],
  ...['Transfer-Encoding: gzip, chunked\r\n', 'Transfer-Encoding:\r\n chunked\r\n', 'Transfer-Encoding : chunked\r\n'],
  ...['Transfer-Encoding: "chunked"\r\n', 'transfer-encoding:\tchunked\t\r\n', 'Transfer-Encoding: chunked;a=b\r\n'],
  ...['Transfer_Encoding: chunked\r\n', 'Connection: close\r\n', 'Connection: upgrade\r\n', 'Upgrade: websocket\r\n'],
  ...[
    'X-Fold: a\r\n b\r\n',
    ' X: leading\r\n',
    ': nameless\r\n',
    'X Y: spaced\r\n',
    'no colon\r\n',
    '__proto__: x\r\n',
  ],
  ...[
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    '0x5\r\n',
    '-1\r\n',
    '5 \r\n',
    ' 5\r\n',
    'FFFFFFFFFFFFFFFFF\r\n',
    '5;\r\n',
    '5;a b\r\n',
    '5;a="\r\n',
  ],
  ...[
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    'HTTP/1.1 102 Processing\r\n\r\n',
    'HTTP/2 ',
    'HTTP/0.9 ',
    'http/1.1 ',
  ],
].map(latin1);

/** A response with up to four changes, some of them small and some of them to its framing. */
export function damagedResponse(random: Random): Buffer {
  let bytes = random.of(responses);
  for (let left = random.below(5); left > 0; left--) bytes = changed(random, bytes);
  return bytes;
}

function changed(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  // At the start of a line, where a header belongs, more often than anywhere.
  const line = bytes.indexOf('\r\n', at);
  const place = random.chance(0.6) && line >= 0 ? line + 2 : at;
  const size = 1 + random.below(random.chance(0.7) ? 3 : 30);
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at + 1)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + size), bytes.subarray(at)]);
    case 3:
      return bytes.subarray(0, random.chance(0.5) ? at : bytes.length);
    default:
      return Buffer.concat([bytes.subarray(0, place), random.of(PIECES), bytes.subarray(place)]);
  }
}
