import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawRequest {
  method?: string;
  path: string;
  /** Sent exactly so, one byte per character. */
  headers?: [string, string][];
  body?: Buffer | string;
  /** Default: the body's length; null sends no Content-Length. */
  contentLength?: number | null;
}

/** Sends bytes as they are and reads one answer: what HTTP clients would correct or refuse must get through. */
export function sendRaw(
  port: number,
  bytes: Buffer,
  options: { end?: boolean; resetAfterMs?: number } = {},
): Promise<RawAnswer> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0) as Buffer;
    const finish = (): void => {
      socket.destroy();
      done(parse(received));
    };
    socket.on('connect', () => {
      socket.write(bytes);
      if (options.end) socket.end();
      if (options.resetAfterMs !== undefined) setTimeout(() => socket.resetAndDestroy(), options.resetAfterMs);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (isComplete(received)) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', finish);
  });
}

export function request(port: number, input: RawRequest): Promise<RawAnswer> {
  return sendRaw(port, build(input));
}

export function build(input: RawRequest): Buffer {
  const body = Buffer.from((input.body ?? '') as string);
  const length = input.contentLength === undefined ? body.length : input.contentLength;
  const lines = [`${input.method ?? 'POST'} ${input.path} HTTP/1.1`, 'Host: gateway.test'];
  for (const [name, value] of input.headers ?? []) lines.push(`${name}: ${value}`);
  if (length !== null) lines.push(`Content-Length: ${length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

function isComplete(bytes: Buffer): boolean {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const text = bytes.toString('latin1', 0, head);
  if (/^HTTP\/1\.1 1\d\d/.test(text)) return false;
  const length = /content-length: *(\d+)/i.exec(text)?.[1];
  return length !== undefined && bytes.length >= head + 4 + Number(length);
}

function parse(bytes: Buffer): RawAnswer {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return { status: 0, headers: {}, body: bytes };
  const [first = '', ...lines] = bytes.toString('latin1', 0, head).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(head + 4) };
}
