import type { Socket } from 'node:net';
import type { SocketFailure } from '../connector';
import { readFrom } from '../direct-reading';
import type { Exchange } from './exchange';
import type { ResponseHead } from './response-head';
import { ResponseParser, type ResponseSink } from './response-parser';

/** Head and body up to this size are copied into one buffer, which costs less than two writes. */
const COPY_LIMIT = 32 * 1024;
const IDLE_MS = 10_000;
const MAX_IDLE_MS = 60_000;
/** The other side may close a second before it said, so that no request crosses its end. */
const IDLE_MARGIN_MS = 1_000;

/** A connection that the other side had closed says so within a round trip. */
const STALE_MS = 2_000;

/** Who owns a connection. */
export interface ConnectionOwner {
  /** It is free for another exchange. */
  onFree(connection: Connection): void;
  /** It has closed. An exchange that was under way on it has failed with this error, unless it may be repeated. */
  onClosed(connection: Connection, repeat: Exchange | null): void;
}

/** A connection to a destination. It has at most one exchange under way. */
export class Connection implements ResponseSink {
  /** While it is free: until when (`performance.now`) the other side keeps it. */
  idleUntil = performance.now() + IDLE_MS;
  private readonly parser = new ResponseParser(this);
  private exchange: Exchange | undefined;
  private sentAt = 0;
  private wasFree = false;
  private keepsOpen = false;
  private idleMs = IDLE_MS;
  private isClosed = false;

  constructor(
    private readonly socket: Socket,
    private readonly host: string,
    private readonly owner: ConnectionOwner,
  ) {
    readFrom(socket, (bytes) => this.take(bytes));
    socket.on('end', () => this.takeEnd(closedByPeer()));
    socket.on('error', (error: SocketFailure) => this.takeEnd(error));
    socket.on('close', () => this.close(closedByPeer()));
    // The connection may have ended before anybody listened.
    if (socket.destroyed) queueMicrotask(() => this.close(closedByPeer()));
  }

  /** Whether it has just been opened: the other side cannot have closed it as idle. */
  get isNew(): boolean {
    return !this.wasFree;
  }

  /** Call it when there is no exchange for it. */
  rest(): void {
    this.wasFree = true;
  }

  /** Sends the request of an exchange. The connection must be free. */
  send(exchange: Exchange): void {
    const { socket } = this;
    const { body } = exchange;
    const head = exchange.headFor(this.host);
    this.exchange = exchange;
    this.sentAt = performance.now();
    exchange.connection = this;
    this.parser.begin(exchange.method);
    if (body.length === 0) socket.write(head, 'latin1');
    else if (body.length <= COPY_LIMIT) {
      const message = Buffer.allocUnsafe(head.length + body.length);
      message.write(head, 0, 'latin1');
      body.copy(message, head.length);
      socket.write(message);
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
  }

  destroy(reason: Error = closedByPeer()): void {
    this.close(reason);
  }

  onHead({ status, headers, isPersistent, idleSeconds }: ResponseHead): void {
    this.keepsOpen = isPersistent;
    if (idleSeconds !== null) this.idleMs = Math.min(MAX_IDLE_MS, idleSeconds * 1_000 - IDLE_MARGIN_MS);
    this.exchange?.reader.start(status, headers);
  }

  onBody(part: Buffer): void {
    this.exchange?.reader.data(Buffer.from(part));
  }

  private take(bytes: Buffer): void {
    // Bytes that nobody asked for would be taken for the answer to the next request.
    if (this.exchange === undefined) return this.close(closedByPeer());
    let used: number;
    try {
      used = this.parser.take(bytes);
    } catch (error) {
      return this.close(error as Error);
    }
    // The reader may have had enough.
    if (this.isClosed || used < 0) return;
    this.finish(used === bytes.length && this.keepsOpen);
  }

  /** A server that answers before it has read the whole request often ends its answer by a reset. */
  private takeEnd(error: SocketFailure): void {
    if (this.exchange !== undefined && this.parser.endsWithConnection && isReset(error)) this.finish(false);
    else this.close(error);
  }

  private finish(keep: boolean): void {
    const exchange = this.exchange as Exchange;
    this.exchange = undefined;
    exchange.connection = undefined;
    exchange.reader.end();
    this.wasFree = true;
    const { socket, idleMs } = this;
    // An answer that came before the whole request was sent: the rest of it would follow.
    if (!keep || idleMs <= 0 || socket.writableLength > 0 || socket.destroyed) return this.close(closedByPeer());
    this.idleUntil = performance.now() + idleMs;
    this.owner.onFree(this);
  }

  private close(error: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const { exchange } = this;
    this.exchange = undefined;
    this.socket.destroy();
    let repeat: Exchange | null = null;
    if (exchange !== undefined) {
      exchange.connection = undefined;
      if (this.mayRepeat(exchange, error)) repeat = exchange;
      else exchange.reader.fail(error);
    }
    this.owner.onClosed(this, repeat);
  }

  /**
   * Whether the request may be sent once more, at once, on another connection. This one had been free, and the other side
   * closed it soon after the request was sent and before it answered. Most likely it closed an idle connection at just
   * that moment (RFC 9112, 9.3.1). Later it may have broken off its work on the request.
   */
  private mayRepeat(exchange: Exchange, error: SocketFailure): boolean {
    const wasSoon = performance.now() - this.sentAt < STALE_MS;
    return (
      isReset(error) &&
      wasSoon &&
      !this.isNew &&
      !this.parser.hasBegun &&
      !exchange.wasRepeated &&
      !exchange.reader.isSettled
    );
  }
}

function isReset({ code }: SocketFailure): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function closedByPeer(): Error {
  return Object.assign(new Error('other side closed'), { code: 'ECONNRESET' });
}
