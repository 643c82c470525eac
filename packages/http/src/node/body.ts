import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { PaggioError, type Paggio } from '@paggio/core';
import type { BodyShare, HostMemory } from '../body-memory';
import { Chunks } from '../chunks';
import { RequestAborted, type ReadBody } from '../operation';
import { slowBodies, type BodyHost } from '../slow-bodies';
import { closingOf } from './closing';
import { takeContinue } from './expect';
import { hasRawHeaders, isHttp2, requestHeaders } from './request-headers';

/** Bytes of a body that are received before it is known whether the sender may send it. */
const UNREAD_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/** The body of a request. It is received from its first byte on. */
export interface IncomingBody {
  /**
   * Reads the exact bytes. The limit applies while they arrive.
   * @param share counts the bytes against the memory for all bodies
   * @throws PaggioError `PAYLOAD_TOO_LARGE`, `RAW_BODY_CONSUMED`, `UNAVAILABLE` (also while the host stops), or `BAD_REQUEST` after 30 s
   * @throws RequestAborted
   */
  read(limit: number, share: BodyShare): Promise<Buffer>;
  /** Frees the bytes and reads on as `linger` does. Call it when the request is answered. */
  drop(): void;
}

/** Functions that free the bytes of bodies that are being received. */
const receiving = new WeakMap<IncomingMessage, () => void>();

/**
 * Receives the first 64 KiB of a body while the request is being authenticated, and then stops reading the connection.
 * Without this, Node would keep each chunk of the connection as a buffer of its own: one-byte chunks would take many
 * megabytes for each connection. A sender that waits for `100 Continue` gets it from `read`, once nothing is left to refuse.
 * @param unread counts the bytes against the memory for bodies that are not wanted yet; when that memory is full, the
 * sender waits. `undefined` means that the caller reads the body at once.
 */
export function receiveBody(request: IncomingMessage, host: BodyHost, unread?: BodyShare): IncomingBody {
  const announced = announcedBody(request);
  if (announced === null) return { read: () => Promise.resolve(NOTHING), drop: () => undefined };
  if (request.readableDidRead || request.readableEnded)
    return { read: async () => consumedBody(request), drop: () => undefined };

  const sendContinue = takeContinue(request);
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

  /** Stops reading the connection. Chunks that Node has read already still arrive. */
  function hold(): void {
    holding = true;
    setReading(request, false);
    // Node resumes the connection after it has passed on the current chunk, so it is paused again then.
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

  function refuse(error: Error, share?: BodyShare): Promise<never> {
    stop();
    request.pause();
    chunks = new Chunks();
    share?.giveBack();
    return Promise.reject(error);
  }

  function read(limit: number, share: BodyShare): Promise<Buffer> {
    // The client disconnected before this call, so no event follows.
    if (!ended && request.destroyed) return refuse(new RequestAborted());
    if ((announced !== 'chunked' && (announced as number) > limit) || chunks.size > limit)
      return refuse(tooLarge(limit));
    const refusal = share.take(chunks.size);
    if (refusal) return refuse(refusal, share);
    unread?.giveBack();
    if (ended) return Promise.resolve(take());
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        finish();
        refuse(error, share).catch(reject);
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
      sendContinue?.();
      release();
    });
  }

  function free(): void {
    reader?.fail(new RequestAborted());
    stop();
    if (chunks.size > 0) chunks = new Chunks();
    unread?.giveBack();
    release();
  }
  receiving.set(request, free);

  return { read, drop: () => linger(request) };
}

interface Reader {
  limit: number;
  share: BodyShare;
  done(): void;
  fail(error: Error): void;
}

/**
 * Starts or stops reading a request. Streams of HTTP/2 share a connection, so that is never paused; the window of the
 * stream holds the sender back. Requests of serverless adapters and test tools have no connection at all.
 */
function setReading(request: IncomingMessage, on: boolean): void {
  if (on) request.resume();
  if (isHttp2(request)) return;
  const socket = request.socket as Partial<Socket> | undefined;
  if (on) socket?.resume?.();
  else socket?.pause?.();
}

/**
 * Receives the body of an API request, which is read once the sender is known.
 * @param address the bucket of the sender's address
 */
export function receiveApiBody(
  request: IncomingMessage,
  response: ServerResponse,
  paggio: Paggio,
  memory: HostMemory,
  address: string,
): ReadBody {
  const body = receiveBody(request, paggio.host, memory.unread.share(address));
  let share: BodyShare | undefined;
  const answered = closingOf(paggio.host).addAnswer(response);
  // This also covers requests that the host answers itself.
  whenAnswered(response, () => {
    answered();
    body.drop();
    share?.giveBack();
  });
  const read = (limit: number, holder: string): Promise<Buffer> => {
    share = memory.keyed.share(holder);
    return body.read(limit, share);
  };
  return Object.assign(read, { admit: () => admitSender(request) });
}

/** Calls `done` once, when the answer is written or its connection has ended. An answer without a connection emits no `close`. */
export function whenAnswered(response: ServerResponse, done: () => void): void {
  const end = (): void => {
    response.off('finish', end).off('close', end);
    done();
  };
  response.on('finish', end).on('close', end);
}

/** The length of the body as the headers announce it. `null` means that the request has no body. */
export function announcedBody(request: IncomingMessage): number | 'chunked' | null {
  // `request.headers` would be slower: Node builds it from all headers at its first use.
  const rawHeaders = requestHeaders(request);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 14 && name.toLowerCase() === 'content-length') return Number(rawHeaders[i + 1]) || null;
    if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') return 'chunked';
  }
  // HTTP/2 announces neither, and some hosts without Node's parser do not either.
  return isHttp2(request) || !hasRawHeaders(request) ? 'chunked' : null;
}

function tooLarge(limit: number): PaggioError {
  return new PaggioError('PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes`, {
    hint: 'Send a smaller body, or raise the body limit (option bodyLimit, PAGGIO_BODY_LIMIT).',
    headers: [['connection', 'close']],
  });
}

/** The body after a parser of the host has read it. Its bytes are used only when they are certain to be the exact ones. */
function consumedBody(request: IncomingMessage): Buffer {
  const { rawBody, body } = request as { rawBody?: unknown; body?: unknown };
  const encoded = (request.headers['content-encoding'] ?? 'identity') !== 'identity';
  // Parsers decompress, so with a content encoding their bytes differ from those that were signed.
  const bytes = Buffer.isBuffer(rawBody) ? rawBody : Buffer.isBuffer(body) ? body : undefined;
  if (bytes && !encoded) return bytes;
  throw new PaggioError('RAW_BODY_CONSUMED', 'A body parser has already read the body of this request', {
    hint: 'Mount Paggio before express.json(), body-parser or koa-bodyparser: signatures need the exact bytes.',
  });
}

/** A sender that has paused for this long will not go on: it has read the answer, or it never will. */
const LINGER_PAUSE_MS = 1_000;
const LINGER_MS = 5_000;
const LINGER_BYTES = 64 * 1024 * 1024;
/** Limit for unknown senders. Anybody may send without a key, so only bytes that are already on their way are read. */
const UNKNOWN_LINGER_BYTES = 64 * 1024;

const lingering = new WeakSet<IncomingMessage>();
const admitted = new WeakSet<IncomingMessage>();

/** Marks a request whose sender is allowed to send it. After the answer, even a large rest of its body is then read. */
export function admitSender(request: IncomingMessage): void {
  admitted.add(request);
}

/**
 * Frees the body of a request that has just been answered, and discards the bytes that still arrive, for at most 5 s
 * and 64 MiB, until the sender pauses for a second. Many clients read an answer only after they have sent the whole
 * body, and lose it if the connection is reset before that. Beyond these limits the connection is closed. From an
 * unknown sender, only 64 KiB more are read. The connection then stays open for a second, so that a client that reads
 * while it sends gets its answer.
 */
export function linger(request: IncomingMessage): void {
  receiving.get(request)?.();
  receiving.delete(request);
  if (request.readableEnded || request.destroyed || lingering.has(request)) return;
  request.resume();
  if (request.complete || announcedBody(request) === null) return;
  lingering.add(request);
  const closeConnection = isHttp2(request) ? undefined : keepConnection(request.socket);
  const isKnown = admitted.has(request);
  let left = isKnown ? LINGER_BYTES : UNKNOWN_LINGER_BYTES;
  const cut = (): void => {
    // Only this stream is closed: the connection of HTTP/2 may have others.
    if (isHttp2(request)) (request as IncomingMessage & { stream: ServerHttp2Stream }).stream.close();
    else request.destroy();
  };
  const hold = (): void => {
    request.pause();
    setReading(request, false);
  };
  const pause = setTimeout(cut, LINGER_PAUSE_MS).unref();
  const whole = setTimeout(cut, LINGER_MS).unref();
  const stop = (): void => {
    request.off('end', stop).off('close', stop);
    clearTimeout(pause);
    clearTimeout(whole);
    closeConnection?.();
  };
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left >= 0) pause.refresh();
    // HTTP/2 resets a stream in order, after its answer.
    else if (isKnown || isHttp2(request)) cut();
    else hold();
  });
  request.on('end', stop).on('close', stop);
  request.once('error', () => undefined);
}

/**
 * Node calls `destroySoon` after an answer with `Connection: close`. Until the returned function is called, that call
 * only ends the sending side. Closing a connection that still receives would reset it.
 */
function keepConnection(socket: Partial<Socket> | undefined): (() => void) | undefined {
  // Requests of serverless adapters and test tools have no real socket.
  if (typeof socket?.destroySoon !== 'function') return undefined;
  let isWanted = false;
  socket.destroySoon = () => {
    isWanted = true;
    socket.end?.();
  };
  return () => {
    // Restores the method of the class, which the next answer on this connection may need.
    Reflect.deleteProperty(socket, 'destroySoon');
    if (isWanted) socket.destroySoon?.();
  };
}
