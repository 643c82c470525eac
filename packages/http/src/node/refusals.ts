import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { PaggioError } from '@paggio/core';
import { errorAnswer, headersOf, type Answer } from '../answer';
import { Connections } from './connections';
import { writeAnswer } from './write-answer';

/** How long a connection stays open after its last answer, so that the client gets to read it. */
const READ_ON_MS = 1_000;

/**
 * Answers the requests that Node itself refuses, in the shape of every other error: requests that are malformed (400),
 * too slow (408) or have too large headers (431), and expectations that nobody can meet (417). It is for a server that
 * serves only Paggio.
 */
export function answerRefusals(server: Server): void {
  const connections = Connections.of(server);
  const refused = new WeakSet<Socket>();
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    connections.add(request, response);
    const hint = 'Send Expect: 100-continue, or no Expect header.';
    writeAnswer(response, refusal(417, 'This server cannot meet the expectation of the request', hint));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Node emits this again for every further chunk of a request that it could not parse.
    if (refused.has(socket)) return;
    refused.add(socket);
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const answer = refusalOf(error);
    const response = connections.newestAnswer(socket);
    if (response === undefined || response.writableFinished) {
      // A request that was answered before its body was complete gets no second answer.
      if (response === undefined || response.req.complete) socket.write(textOf(answer));
      return close(socket);
    }
    // Earlier answers on the connection come first.
    if (response.req.complete) return void response.once('close', () => close(socket));
    writeAnswer(response, answer);
    close(socket);
  });
}

/** Ends the answer, and waits a moment for the client to read it. */
function close(socket: Socket): void {
  socket.end();
  const timer = setTimeout(() => socket.destroy(), READ_ON_MS).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Status, message and hint by the code of Node's error. */
const known: Readonly<Record<string, [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers of the request are too large', 'Send fewer or shorter headers.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time', 'Send the whole request without a pause.'],
};

function refusalOf({ code = '' }: NodeJS.ErrnoException): Answer {
  const hint = 'Send an HTTP/1.1 request with valid headers and a valid body.';
  return refusal(...(known[code] ?? ([400, 'The request is not valid HTTP', hint] as const)));
}

function refusal(status: number, message: string, hint: string): Answer {
  const error = new PaggioError('BAD_REQUEST', message, { hint, headers: [['connection', 'close']] });
  return { ...errorAnswer(error, () => undefined), status };
}

function textOf(answer: Answer): string {
  const body = answer.body as string;
  const headers = [...headersOf(answer), ['content-length', String(Buffer.byteLength(body))]];
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const { status } = answer;
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}
