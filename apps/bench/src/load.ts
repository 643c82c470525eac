import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

export interface LoadResult {
  completed: number;
  failed: number;
  seconds: number;
  /** Milliseconds, ascending. */
  latencies: number[];
}

const STATUS_AT = 'HTTP/1.1 '.length;

/**
 * A closed loop of prebuilt requests over raw sockets. The sender must cost less than the server that it measures, and
 * every HTTP client costs more than a server that only hashes. Where the request has a delivery id, each has its own.
 */
export async function load(url: URL, template: Buffer, connections: number, durationMs: number): Promise<LoadResult> {
  const ids = new DeliveryIds(template);
  const latencies: number[] = [];
  let failed = 0;
  const startedAt = performance.now();
  const endAt = startedAt + durationMs;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((done, fail) => {
          const request = Buffer.from(template);
          const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
          let sentAt = 0;
          let pending: Buffer = Buffer.alloc(0);
          const send = (): void => {
            ids.next(request);
            sentAt = performance.now();
            socket.write(request);
          };
          socket.on('connect', send);
          socket.on('error', fail);
          socket.on('data', (chunk: Buffer) => {
            pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
            const size = answerSize(pending);
            if (size === undefined || pending.length < size) return;
            const status = pending.toString('latin1', STATUS_AT, STATUS_AT + 3);
            pending = pending.subarray(size);
            const now = performance.now();
            if (status === '200') latencies.push(now - sentAt);
            else failed++;
            if (now < endAt) send();
            else socket.end(() => done());
          });
        }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  return { completed: latencies.length, failed, seconds, latencies: latencies.sort((a, b) => a - b) };
}

export function answerSize(bytes: Buffer): number | undefined {
  const head = bytes.indexOf('\r\n\r\n');
  if (head < 0) return undefined;
  const length = /content-length: *(\d+)/i.exec(bytes.toString('latin1', 0, head))?.[1];
  return head + 4 + Number(length ?? 0);
}

export function buildRequest(url: URL, headers: Record<string, string>, body: Buffer): Buffer {
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
}

/** The place of the id in a header, for `DeliveryIds`. The first part differs from run to run. */
export const DELIVERY_ID = 'id-0123456789abcdef-0000000000';
const DIGITS = 10;

/** Writes a new id into each request. The bytes that were sent before must have left: see the closed loop. */
class DeliveryIds {
  private readonly at: number;
  private count = 0;

  constructor(template: Buffer) {
    const start = template.indexOf(DELIVERY_ID);
    this.at = start < 0 ? -1 : start + DELIVERY_ID.length - DIGITS;
    if (start >= 0) template.write(randomBytes(8).toString('hex'), start + 'id-'.length, 'latin1');
  }

  next(request: Buffer): void {
    if (this.at >= 0) request.write(String(this.count++).padStart(DIGITS, '0'), this.at, 'latin1');
  }
}
