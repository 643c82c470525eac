import type { IncomingMessage, ServerResponse } from 'node:http';
import { PaggioError } from '@paggio/core';
import type { BodyShare, HostMemory } from '../body-memory';
import { Chunks } from '../chunks';
import { RequestAborted, type ReadBody } from '../operation';
import { slowBodies, type BodyHost } from '../slow-bodies';

/** How much of a body is taken in before it is known whether anybody wants it. */
const UNREAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** The body of a request, from its first byte on. */
export interface IncomingBody {
  /**
   * The exact bytes; the limit is counted while they stream.
   * @param share what it may take of the memory for all bodies
   * @throws PaggioError `PAYLOAD_TOO_LARGE`, `RAW_BODY_CONSUMED`, `UNAVAILABLE` (also while the host stops), or `BAD_REQUEST` after 30 s
   * @throws RequestAborted
   */
  read(limit: number, share: BodyShare): Promise<Buffer>;
  /** Forgets what has come, and lets the sender finish for a moment. To be called when the request is answered. */
  drop(): void;
}

/**
 * Takes in the beginning of a body, up to 64 KiB, while it is found out whether anybody wants the rest; then the connection
 * is not read any further. Left alone, Node would keep each chunk of a connection's buffer by itself: of one-byte chunks
 * that is many megabytes for each connection.
 * @param unread its share of the memory for bodies that nobody reads yet; when that memory is full, the sender waits.
 * Undefined: the body is read at once.
 */
export function receiveBody(request: IncomingMessage, host: BodyHost, unread?: BodyShare): IncomingBody {
  const announced = announcedBody(request);
  if (announced === null) return { read: () => Promise.resolve(NOTHING), drop: () => undefined };
  if (request.readableDidRead || request.readableEnded)
    return { read: async () => consumedBody(request), drop: () => undefined };

  let chunks = new Chunks();
  let ended = false;
  let holding = false;
  let reader: Reader | undefined;
  const onData = (chunk: Buffer): void => {
    if (reader) {
      const refusal =
        chunks.size + chunk.length > reader.limit ? tooLarge(reader.limit) : reader.share.take(chunk.length);
      if (refusal) reader.fail(refusal);
      else chunks.add(chunk);
      return;
    }
    chunks.add(chunk);
    const refusal = unread?.take(chunk.length);
    if (!holding && (refusal || chunks.size >= UNREAD_BYTES)) hold();
  };
  const onEnd = (): void => {
    ended = true;
    stop();
    reader?.done();
  };
  const onGone = (): void => {
    stop();
    reader?.fail(new RequestAborted());
  };
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);

  let listening = true;
  function stop(): void {
    if (!listening) return;
    listening = false;
    request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
  }

  /** What was read off the connection at once still comes; then nothing more does. */
  function hold(): void {
    holding = true;
    setReading(request, false);
    // The stream asks for more as soon as it was fed.
    setImmediate(() => {
      if (!holding) return;
      request.pause();
      setReading(request, false);
    });
  }

  function release(): void {
    if (!holding) return;
    holding = false;
    setReading(request, true);
  }

  function take(): Buffer {
    const body = chunks.join();
    chunks = new Chunks();
    return body;
  }

  function refuse(error: Error): Promise<never> {
    stop();
    request.pause();
    return Promise.reject(error);
  }

  function read(limit: number, share: BodyShare): Promise<Buffer> {
    // It went away meanwhile: no event will tell.
    if (!ended && request.destroyed) return refuse(new RequestAborted());
    if ((announced !== 'chunked' && (announced as number) > limit) || chunks.size > limit)
      return refuse(tooLarge(limit));
    const refusal = share.take(chunks.size);
    if (refusal) return refuse(refusal);
    unread?.giveBack();
    if (ended) return Promise.resolve(take());
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        finish();
        refuse(error).catch(reject);
      };
      const slow = slowBodies.watch(host, fail);
      const finish = (): void => {
        stop();
        reader = undefined;
        slowBodies.forget(slow);
      };
      const done = (): void => {
        finish();
        resolve(take());
      };
      reader = { limit, share, done, fail };
      release();
    });
  }

  function drop(): void {
    reader?.fail(new RequestAborted());
    stop();
    if (chunks.size > 0) chunks = new Chunks();
    unread?.giveBack();
    release();
    linger(request);
  }

  return { read, drop };
}

interface Reader {
  limit: number;
  share: BodyShare;
  done(): void;
  fail(error: Error): void;
}

/** Streams of HTTP/2 share a connection: there the window of the stream holds its sender back. */
function setReading(request: IncomingMessage, on: boolean): void {
  if (on) request.resume();
  if ('stream' in request) return;
  if (on) request.socket.resume();
  else request.socket.pause();
}

/**
 * The body of a request at a door of the API, to be read when it is known who sent it.
 * @param address the sender's bucket
 */
export function bodyAtDoor(
  request: IncomingMessage,
  response: ServerResponse,
  host: BodyHost,
  memory: HostMemory,
  address: string,
): ReadBody {
  const body = receiveBody(request, host, memory.unread.share(address));
  let share: BodyShare | undefined;
  // Also when somebody else has answered it.
  response.once('close', () => {
    body.drop();
    share?.giveBack();
  });
  return (limit, holder) => {
    share = memory.keyed.share(holder);
    return body.read(limit, share);
  };
}

/** How many bytes of body a request announces; null: it has none. */
export function announcedBody({ rawHeaders, httpVersionMajor }: IncomingMessage): number | 'chunked' | null {
  // Not `request.headers`, which would first be made out of all of them.
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(rawHeaders[i + 1]) || null;
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return 'chunked';
  }
  // HTTP/2 announces neither.
  return httpVersionMajor >= 2 ? 'chunked' : null;
}

function tooLarge(limit: number): PaggioError {
  return new PaggioError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes`, {
    hint: 'Send less, or raise the body limit (option bodyLimit, PAGGIO_BODY_LIMIT).',
    headers: [['connection', 'close']],
  });
}

/** A body parser of the host was here first. Its bytes are used only where they are certain to be the exact ones. */
function consumedBody(request: IncomingMessage): Buffer {
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  const encoded = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
  // Parsers inflate: behind a content encoding their bytes are not those that were signed.
  const bytes = Buffer.isBuffer(rawBody) ? rawBody : Buffer.isBuffer(body) ? body : undefined;
  if (bytes && !encoded) return bytes;
  throw new PaggioError('RAW_BODY_CONSUMED', 'A body parser read this request before Paggio could', {
    hint: 'Mount Paggio before express.json(), body-parser or koa-bodyparser: signatures need the exact bytes.',
  });
}

const lingering = new WeakSet<IncomingMessage>();
const LINGER_MS = 1_000;
const LINGER_BYTES = 64 * 1024;

/**
 * Reads on for a moment after an answer to a request whose body was not read, so that the sender gets to read the answer
 * instead of a reset connection.
 */
export function linger(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed || announcedBody(request) === null || lingering.has(request)) return;
  lingering.add(request);
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
