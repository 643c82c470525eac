import type { IncomingMessage } from 'node:http';
import { PaggioError } from '@paggio/core';

/**
 * Checks how a request is framed, where Node's parser is more lenient than a proxy in front may be. A proxy and a server
 * that disagree about the end or the host of a request can be made to read part of one request as another (request
 * smuggling). Node itself refuses repeated and contradicting lengths.
 * @returns the error to answer with, or undefined
 */
export function framingProblem(request: IncomingMessage): PaggioError | undefined {
  // HTTP/2 frames its messages itself. Only its requests have this property.
  if ('stream' in request) return undefined;
  const { httpVersion, rawHeaders } = request;
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
  if (hosts > 1) return malformed('The request has more than one Host header');
  return codings > 1 ? malformed('The request has more than one Transfer-Encoding header') : undefined;
}

function malformed(message: string): PaggioError {
  return new PaggioError('BAD_REQUEST', message, {
    hint: 'Send one Host header, and a body with Content-Length or in chunks by HTTP/1.1.',
    headers: [['connection', 'close']],
  });
}
