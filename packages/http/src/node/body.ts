import type { IncomingMessage } from 'node:http';
import { PaggioError } from '@paggio/core';
import type { BodyShare } from '../body-memory';

/** A body that arrives more slowly than this is not waited for. */
const BODY_TIMEOUT_MS = 30_000;

/** The sender went away in the middle: there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/**
 * The exact bytes of a request's body; the limit is counted while they stream.
 * @param share what it may take of the memory for all bodies
 * @throws PaggioError `PAYLOAD_TOO_LARGE`, `RAW_BODY_CONSUMED`, `UNAVAILABLE`, or `BAD_REQUEST` after 30 s
 * @throws RequestAborted
 */
export function readBody(request: IncomingMessage, limit: number, share?: BodyShare): Promise<Buffer> {
  if (request.readableDidRead || request.readableEnded) return Promise.resolve(consumedBody(request));
  const announced = contentLength(request.rawHeaders);
  if (announced > limit) return Promise.reject(tooLarge(limit));
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const slow = slowBodies.watch(() => {
      stop();
      fail(
        new PaggioError('BAD_REQUEST', 'The body did not arrive within 30 s', {
          hint: 'Send the whole body.',
          headers: [['connection', 'close']],
        }),
      );
    });
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      const refusal = size > limit ? tooLarge(limit) : share?.take(chunk.length);
      if (refusal) {
        stop();
        request.pause();
        fail(refusal);
      } else chunks.push(chunk);
    };
    const onEnd = (): void => {
      stop();
      done(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const onGone = (): void => {
      stop();
      fail(new RequestAborted());
    };
    function stop(): void {
      slowBodies.forget(slow);
      request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    }
    request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

/** Without `request.headers`, which would first be made out of all of them. */
function contentLength(rawHeaders: readonly string[]): number {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(rawHeaders[i + 1]);
  }
  return 0;
}

interface Watched {
  since: number;
  expire: () => void;
}

/** One timer for all bodies on their way: a timer for each costs more than most bodies take to arrive. */
class SlowBodies {
  private readonly pending = new Set<Watched>();
  private timer: NodeJS.Timeout | undefined;

  watch(expire: () => void): Watched {
    const watched = { since: performance.now(), expire };
    this.pending.add(watched);
    this.timer ??= setInterval(() => this.look(), BODY_TIMEOUT_MS / 10).unref();
    return watched;
  }

  forget(watched: Watched): void {
    this.pending.delete(watched);
  }

  private look(): void {
    const now = performance.now();
    for (const watched of [...this.pending]) {
      if (now - watched.since >= BODY_TIMEOUT_MS * 0.9) watched.expire();
    }
    if (this.pending.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const slowBodies = new SlowBodies();

function tooLarge(limit: number): PaggioError {
  return new PaggioError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes`, {
    hint: 'Send less, or raise the body limit (option bodyLimit, PAGGIO_BODY_LIMIT).',
    headers: [['connection', 'close']],
  });
}

/** A body parser of the host was here first. Its bytes are used only where they are certain to be the exact ones. */
function consumedBody(request: IncomingMessage): Buffer {
  if (request.headers['content-length'] === '0') return Buffer.alloc(0);
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  const encoded = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
  // Parsers inflate: behind a content encoding their bytes are not those that were signed.
  const bytes = Buffer.isBuffer(rawBody) ? rawBody : Buffer.isBuffer(body) ? body : undefined;
  if (bytes && !encoded) return bytes;
  throw new PaggioError('RAW_BODY_CONSUMED', 'A body parser read this request before Paggio could', {
    hint: 'Mount Paggio before express.json(), body-parser or koa-bodyparser: signatures need the exact bytes.',
  });
}

const LINGER_MS = 1_000;
const LINGER_BYTES = 64 * 1024;

/** Reads on for a moment after a refusal, so that the sender gets to read the answer instead of a reset connection. */
export function linger(request: IncomingMessage): void {
  let left = LINGER_BYTES;
  const end = (): void => {
    clearTimeout(timer);
    request.destroy();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.once('end', () => clearTimeout(timer));
  request.once('close', () => clearTimeout(timer));
  request.once('error', () => undefined);
  request.resume();
}
