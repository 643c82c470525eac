import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CaptureAnswer } from '@paggio/core';
import { inertHeaders } from '../answer';
import type { Api } from '../api';
import { RequestAborted } from '../operation';
import { linger, whenAnswered } from './body';
import type { Closing } from './closing';
import { isHttp2 } from './request-headers';
import { send, writeAnswer } from './write-answer';

const INERT = inertHeaders as readonly [string, string][];

/** How a handler answers webhooks, and requests that fail. */
export class Replies {
  constructor(
    private readonly api: Api,
    private readonly closing: Closing,
  ) {}

  acknowledge({ status, contentType, headers, body }: CaptureAnswer, response: ServerResponse): void {
    const sent: [string, string][] = [...INERT];
    if (contentType !== null) sent.push(['content-type', contentType]);
    for (const [name, value] of headers) sent.push([name, value]);
    // RFC 9110, 8.6: a 204 has no Content-Length.
    if (status !== 204) sent.push(['content-length', String(Buffer.byteLength(body))]);
    send(response, status, sent, body);
    this.watchUnread(response);
  }

  /** @param status of the answer, if it is not that of the error */
  fail(error: unknown, request: IncomingMessage, response: ServerResponse, status?: number): void {
    if (error instanceof RequestAborted) return void request.destroy();
    const answer = this.api.fail(error);
    writeAnswer(response, status === undefined ? answer : { ...answer, status });
    linger(request);
    this.watchUnread(response);
  }

  /** Watches an answer that its client may not read. Most answers are already written to the connection, and cost nothing. */
  private watchUnread(response: ServerResponse): void {
    const waits = isHttp2(response) || response.socket === null || response.socket.writableLength > 0;
    if (waits) whenAnswered(response, this.closing.addAnswer(response));
  }
}
