import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CaptureAnswer, CaptureRequest, CaptureSink, EndpointConfig } from '@paggio/core';
import type { BodyShare } from '../body-memory';
import { admitSender, linger } from './body';
import type { Replies } from './replies';

/**
 * A webhook between its headers and its answer. It keeps the asynchronous context of its request, because requests are
 * taken in together.
 */
export class Reception extends AsyncResource implements CaptureSink {
  /** Undefined until the endpoint is known. */
  endpoint: EndpointConfig | undefined;
  /** Whether its body comes from the stream of the request. */
  isStreamed = false;

  constructor(
    readonly head: Omit<CaptureRequest, 'body'>,
    readonly request: IncomingMessage,
    /** The memory that its body takes. */
    readonly share: BodyShare,
    private readonly response: ServerResponse,
    private readonly replies: Replies,
  ) {
    super('PAGGIO_WEBHOOK', { requireManualDestroy: true });
  }

  answered(answer: CaptureAnswer): void {
    // failpoint: capture.answering
    try {
      this.replies.acknowledge(answer, this.response);
    } catch (error) {
      this.replies.fail(error, this.request, this.response);
    }
    this.end();
  }

  refused(error: unknown): void {
    if (this.endpoint) admitSender(this.request);
    this.replies.fail(error, this.request, this.response);
    this.end();
  }

  private end(): void {
    this.share.giveBack();
    // This also frees what had arrived of the body of a client that is gone.
    if (this.isStreamed) linger(this.request);
  }
}
