import type { IncomingMessage, ServerResponse } from 'node:http';
import { networkOf, PaggioError, type EndpointConfig, type PaggioHost } from '@paggio/core';
import type { HostMemory } from '../body-memory';
import { announcedBody, receiveBody } from './body';
import { PlainBody } from './plain-body';
import { Reception } from './reception';
import type { Replies } from './replies';
import { requestHeaders } from './request-headers';

const MAX_HEADERS = 200;
const EMPTY = Buffer.alloc(0);

/** A reception whose body is likely to be complete at the end of this turn of the event loop. */
interface Expected {
  reception: Reception;
  /** Null if it has no body. */
  body: PlainBody | null;
}

/** The webhooks of one handler. */
export class Webhooks {
  private expected: Expected[] = [];

  constructor(
    private readonly host: PaggioHost,
    private readonly memory: HostMemory,
    private readonly replies: Replies,
    private readonly addressOf: (request: IncomingMessage) => string | null,
  ) {}

  /** Takes in a webhook and answers it. */
  receive(slug: string, request: IncomingMessage, response: ServerResponse, path: string, query: string): void {
    const method = request.method as string;
    const rawHeaders = requestHeaders(request);
    const remoteAddr = this.addressOf(request);
    const head = { method, path, query, rawHeaders, remoteAddr };
    const reception = new Reception(head, request, this.memory.webhooks.share(slug), response, this.replies);
    if (rawHeaders.length > MAX_HEADERS * 2) return this.replies.fail(tooManyHeaders(), request, response, 431);
    try {
      const announced = announcedBody(request);
      const routed = this.host.capture.route(slug, method, remoteAddr, announced === 'chunked' ? 0 : (announced ?? 0));
      if (routed instanceof Promise) return void this.readWhileRouting(reception, routed);
      reception.endpoint = routed;
      if (announced === null) return this.expect({ reception, body: null });
      const body =
        announced === 'chunked' || announced > this.host.options.bodyLimit
          ? undefined
          : PlainBody.of(request, announced);
      if (body) this.expect({ reception, body });
      else void this.read(reception);
    } catch (error) {
      reception.refused(error);
    }
  }

  /** Requests whose headers came in the same turn are taken in together, so that one statement stores them. */
  private expect(expected: Expected): void {
    if (this.expected.push(expected) === 1) setImmediate(() => this.takeTurn());
  }

  private takeTurn(): void {
    const { expected } = this;
    this.expected = [];
    for (const { reception, body } of expected) reception.runInAsyncScope(() => this.takeIn(reception, body));
  }

  private takeIn(reception: Reception, body: PlainBody | null): void {
    const bytes = body === null ? EMPTY : body.take();
    if (bytes === undefined) return void this.read(reception);
    const refusal = reception.share.take(bytes.length);
    if (refusal) reception.refused(refusal);
    else this.submit(reception, bytes);
  }

  private async readWhileRouting(reception: Reception, routed: Promise<EndpointConfig>): Promise<void> {
    const { head, request } = reception;
    reception.isStreamed = true;
    const body = receiveBody(request, this.host, this.memory.unread.share(networkOf(head.remoteAddr)));
    try {
      reception.endpoint = await routed;
    } catch (error) {
      return reception.refused(error);
    }
    await this.read(reception, body);
  }

  private async read(reception: Reception, body = receiveBody(reception.request, this.host)): Promise<void> {
    reception.isStreamed = true;
    try {
      this.submit(reception, await body.read(this.host.options.bodyLimit, reception.share));
    } catch (error) {
      reception.refused(error);
    }
  }

  private submit(reception: Reception, body: Buffer): void {
    const { method, path, query, rawHeaders, remoteAddr } = reception.head;
    // failpoint: capture.body_read
    const request = { method, path, query, rawHeaders, remoteAddr, body };
    try {
      this.host.capture.submit(reception.endpoint as EndpointConfig, request, reception);
    } catch (error) {
      // Hosts without Node's parser may give headers that are not texts.
      reception.refused(error);
    }
  }
}

function tooManyHeaders(): PaggioError {
  return new PaggioError('BAD_REQUEST', `The request has more than ${MAX_HEADERS} headers`, {
    hint: 'Send fewer headers.',
  });
}
