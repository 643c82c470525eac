import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { hasRawHeaders, isHttp2 } from './request-headers';

// eslint-disable-next-line @typescript-eslint/unbound-method -- it replaces itself as a method
const PUSH = Readable.prototype.push;

/**
 * The body of a request whose bytes come from Node's parser within the turn of the event loop in which its headers came.
 * That is so for most webhooks. The stream of the request would cost more than all else that is done with such a body:
 * listeners, states and two ticks. Here the parser passes the bytes on directly. The stream still sees the end of the
 * body, so listeners of the host get its event.
 */
export class PlainBody {
  private first: Buffer | undefined;
  private more: Buffer[] | undefined;
  private size = 0;
  private hasEnded = false;

  private constructor(
    private readonly request: IncomingMessage,
    private readonly announced: number,
  ) {
    request.push = (chunk: unknown) => this.receive(chunk);
  }

  /** @returns undefined when the body cannot be taken from the parser, for example because something has begun to read it */
  static of(request: IncomingMessage, announced: number): PlainBody | undefined {
    const isUntouched =
      request.push === PUSH &&
      !Object.hasOwn(request, '_read') &&
      request.readableFlowing === null &&
      request.readableLength === 0 &&
      !request.complete &&
      !request.destroyed &&
      request.listenerCount('data') === 0 &&
      request.listenerCount('readable') === 0;
    return isUntouched && hasRawHeaders(request) && !isHttp2(request) ? new PlainBody(request, announced) : undefined;
  }

  /** The exact bytes; undefined if some are still to come. Those that came are then in the stream, as if it had got them. */
  take(): Buffer | undefined {
    const { first, more } = this;
    if (!this.hasEnded || first === undefined) {
      this.giveBack();
      return undefined;
    }
    return more === undefined ? first : Buffer.concat([first, ...more], this.size);
  }

  private receive(chunk: unknown): boolean {
    if (chunk === null) {
      this.hasEnded = true;
      this.request.push = PUSH;
      return this.request.push(null);
    }
    if (!Buffer.isBuffer(chunk) || this.hasEnded || this.size + chunk.length > this.announced) {
      this.giveBack();
      return this.request.push(chunk);
    }
    this.size += chunk.length;
    if (this.first === undefined) this.first = chunk;
    else (this.more ??= []).push(chunk);
    return true;
  }

  private giveBack(): void {
    const { request } = this;
    if (request.push === PUSH) return;
    request.push = PUSH;
    const { first, more = [] } = this;
    if (first !== undefined) for (const chunk of [first, ...more]) request.push(chunk);
    this.first = this.more = undefined;
  }
}
