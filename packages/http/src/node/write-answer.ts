import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { discard, headersOf, isStream, type Answer } from '../answer';
import { headerObject } from '../header-values';
import { isHttp2 } from './request-headers';

/**
 * Writes status and headers. HTTP/2 has no header `connection`. The headers are passed as an object, because HTTP/2 and
 * serverless adapters do not understand lists with repeated names.
 */
function writeHead(
  response: ServerResponse,
  status: number,
  headers: readonly (readonly [string, string])[],
): ServerResponse {
  const sent = isHttp2(response) ? headers.filter(([name]) => name !== 'connection') : headers;
  return response.writeHead(status, headerObject(sent));
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return discard(answer);
  const headers = [...headersOf(answer)];
  if (isStream(answer.body)) {
    writeHead(response, answer.status, headers);
    if (response.req?.method === 'HEAD') {
      discard(answer);
      return void response.end();
    }
    // The pipeline follows the reader's speed, and ends the source when the reader disconnects.
    pipeline(Readable.from(answer.body), response, () => undefined);
    return;
  }
  // RFC 9110, 8.6: a 204 has no Content-Length, and that of a 304 would have to be the length of the whole answer.
  if (answer.status !== 204 && answer.status !== 304)
    headers.push(['content-length', String(answer.body === null ? 0 : Buffer.byteLength(answer.body))]);
  send(response, answer.status, headers, answer.body);
}

/** HTTP/2 ends an answer to HEAD, and one without a body, with its headers: even an empty body is a write after the end. */
export function send(
  response: ServerResponse,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | Buffer | null,
): void {
  writeHead(response, status, headers);
  if (isHttp2(response) && (response.req?.method === 'HEAD' || !body?.length)) response.end();
  else response.end(body);
}
