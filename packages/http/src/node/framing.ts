import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { PaggioError } from '@paggio/core';
import { valuesOf } from '../header-values';
import { hasRawHeaders, headerProblem, isHttp2 } from './request-headers';

const NO_HOST = 'The request has no Host header';

/**
 * Checks how a request is framed, where Node's parser is more lenient than a proxy in front may be. A proxy and a server
 * that disagree about the end or the host of a request can be made to read part of one request as another (request
 * smuggling). Node itself refuses repeated and contradicting lengths.
 * @returns the error to answer with, or undefined
 */
export function framingProblem(request: IncomingMessage): PaggioError | undefined {
  // HTTP/2 frames its messages itself.
  if (isHttp2(request)) return hostProblem(request.rawHeaders);
  const wrong = headerProblem(request);
  if (wrong !== undefined) return malformed(wrong);
  const { httpVersion, rawHeaders } = request;
  if (!hasRawHeaders(request)) {
    // It has no headers at all, or it came without a connection and a parser other than Node's has framed it.
    const isBare = request.socket instanceof Socket && Object.keys(request.headers).length === 0;
    return httpVersion === '1.1' && isBare ? malformed(NO_HOST) : undefined;
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return malformed(`HTTP/${httpVersion} is not supported`);
  let hosts = 0;
  let codings = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // Comparing lengths first is fast, and this runs for every webhook.
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      codings++;
      if (httpVersion === '1.0') return malformed('HTTP/1.0 has no Transfer-Encoding');
      if ((rawHeaders[i + 1] as string).toLowerCase() !== 'chunked')
        return malformed('The only transfer coding is chunked');
    }
  }
  // Node refuses this too, unless a server has set `requireHostHeader` to false.
  if (hosts === 0 && httpVersion === '1.1') return malformed(NO_HOST);
  if (hosts > 1) return malformed('The request has more than one Host header');
  return codings > 1 ? malformed('The request has more than one Transfer-Encoding header') : undefined;
}

/** Refuses a request that names two hosts, because a proxy in front may have used the other one (RFC 9113, 8.3.1). */
function hostProblem(rawHeaders: readonly string[]): PaggioError | undefined {
  const hosts = new Set([':authority', 'host'].flatMap((name) => valuesOf(rawHeaders, name)));
  return hosts.size > 1 ? malformed('The request names more than one host') : undefined;
}

function malformed(message: string): PaggioError {
  return new PaggioError('BAD_REQUEST', message, {
    hint: 'Send valid headers with exactly one Host, and a body with Content-Length or in HTTP/1.1 chunks.',
    headers: [['connection', 'close']],
  });
}
