import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawRequest {
  method?: string;
  path: string;
  /** Sent exactly as given, one byte per character. */
  headers?: [string, string][];
  body?: Buffer | string;
  /** Default: the body's length; null sends no Content-Length. */
  contentLength?: number | null;
}

/**
 * Sends bytes as they are, because HTTP clients would correct or refuse some of them. Resolves with the last of the
 * wanted answers (default 1).
 */
export function sendRaw(
  port: number,
  bytes: Buffer,
  options: { end?: boolean; resetAfterMs?: number; answers?: number } = {},
): Promise<RawAnswer> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0) as Buffer;
    const toHead = bytes.toString('latin1', 0, 5) === 'HEAD ';
    const finish = (): void => {
      socket.destroy();
      done(answersIn(received, toHead).at(-1) ?? lastWords(received));
    };
    socket.on('connect', () => {
      socket.write(bytes);
      if (options.end) socket.end();
      if (options.resetAfterMs !== undefined) setTimeout(() => socket.resetAndDestroy(), options.resetAfterMs);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (answersIn(received, toHead).length >= (options.answers ?? 1)) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', finish);
  });
}

export function request(port: number, input: RawRequest): Promise<RawAnswer> {
  return sendRaw(port, build(input));
}

/**
 * Sends requests at once on one connection, which is cheaper than one for each. The server begins with a request when it has
 * it, and answers in order.
 */
export function requestsAtOnce(port: number, inputs: readonly RawRequest[]): Promise<RawAnswer[]> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let received = Buffer.alloc(0) as Buffer;
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (answersIn(received, false).length >= inputs.length) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => done(answersIn(received, false)));
    socket.write(Buffer.concat(inputs.map(build)));
  });
}

/**
 * Sends the headers of a request, and its body only after `100 Continue`.
 * @returns the status of every answer, in order
 */
export function statusesOf(port: number, input: RawRequest): Promise<number[]> {
  const whole = build(input);
  const head = whole.indexOf('\r\n\r\n') + 4;
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    const statuses: number[] = [];
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let end = received.indexOf('\r\n\r\n'); end >= 0; end = received.indexOf('\r\n\r\n')) {
        const status = Number(received.split(' ')[1]);
        received = received.slice(end + 4);
        statuses.push(status);
        if (status !== 100) return void socket.destroy();
        socket.write(whole.subarray(head));
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => done(statuses));
    socket.write(whole.subarray(0, head));
  });
}

/**
 * Sends the beginning of a body and then nothing more.
 * @returns when the server has the request; `answer` is everything that comes until the connection ends
 */
export async function startBody(server: Server, input: RawRequest): Promise<{ answer: Promise<string> }> {
  const arrived = new Promise((done) => server.once('request', done));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  const answer = new Promise<string>((done) => {
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => done(received));
  });
  socket.write(build({ body: '{"name":', contentLength: 1_000, ...input }));
  await arrived;
  return { answer };
}

export function build(input: RawRequest): Buffer {
  const body = Buffer.from((input.body ?? '') as string);
  const length = input.contentLength === undefined ? body.length : input.contentLength;
  const lines = [`${input.method ?? 'POST'} ${input.path} HTTP/1.1`];
  const headers = input.headers ?? [];
  if (!headers.some(([name]) => name.toLowerCase() === 'host')) lines.push('Host: gateway.localhost');
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (length !== null) lines.push(`Content-Length: ${length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** The answers that have come completely, without interim ones (1xx). */
function answersIn(bytes: Buffer, toHead: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = bytes;
  for (;;) {
    const head = rest.indexOf('\r\n\r\n');
    if (head < 0) return answers;
    const [first = '', ...lines] = rest.toString('latin1', 0, head).split('\r\n');
    const status = Number(first.split(' ')[1]);
    rest = rest.subarray(head + 4);
    if (status < 200) continue;
    const headers = headersOf(lines);
    const body = toHead || status === 204 || status === 304 ? NOTHING : bodyIn(rest, headers);
    if (body === null) return answers;
    answers.push({ status, headers, body: body.bytes });
    rest = rest.subarray(body.length);
  }
}

const NOTHING = { bytes: Buffer.alloc(0), length: 0 };

/** The body at the beginning of these bytes, and how many of them it takes; null while it is not complete. */
function bodyIn(bytes: Buffer, headers: Record<string, string>): { bytes: Buffer; length: number } | null {
  if (headers['transfer-encoding'] === 'chunked') return chunksIn(bytes);
  // A body without a length ends with its connection.
  if (headers['content-length'] === undefined) return null;
  const length = Number(headers['content-length']);
  return bytes.length < length ? null : { bytes: bytes.subarray(0, length), length };
}

function chunksIn(bytes: Buffer): { bytes: Buffer; length: number } | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    const end = line + 2 + size + 2;
    if (bytes.length < end) return null;
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
    at = end;
    if (size === 0) return { bytes: Buffer.concat(chunks), length: at };
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

/** The part of an answer that came before the connection ended. */
function lastWords(bytes: Buffer): RawAnswer {
  const head = bytes.indexOf('\r\n\r\n');
  const status = Number(bytes.toString('latin1', 0, 12).split(' ')[1] ?? 0);
  const lines = head < 0 ? [] : bytes.toString('latin1', 0, head).split('\r\n').slice(1);
  return {
    status: Number.isNaN(status) ? 0 : status,
    headers: headersOf(lines),
    body: head < 0 ? Buffer.alloc(0) : bytes.subarray(head + 4),
  };
}
