import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { valuesOf } from '../header-values';
import { requestHeaders } from './request-headers';

/** Requests whose sender waits for `100 Continue`, each with the function that sends it. */
const waiting = new WeakMap<IncomingMessage, () => void>();
const delaying = new WeakSet<Server>();

/**
 * Makes a server send `100 Continue` when a body is first read, instead of before its request is handled. A request
 * that is refused because of its headers then gets its final status at once, and its body is never sent. Routes of the
 * host need no change: reading the body in any way sends the 100. Does nothing if the host listens to `checkContinue`
 * itself.
 * @param server an HTTP/1 or HTTP/2 server
 */
export function delayContinue(server: Server): void {
  if (delaying.has(server) || server.listenerCount('checkContinue') > 0) return;
  delaying.add(server);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // Node also calls this for `100-continue, other`.
    if (!onlyContinue(request) && server.emit('checkExpectation', request, response)) return;
    const goOn = (): void => {
      if (!response.headersSent && !response.destroyed) response.writeContinue();
    };
    waiting.set(request, goOn);
    const read = request._read.bind(request);
    // Every way to read a stream ends here.
    request._read = (size) => {
      if (waiting.delete(request)) goOn();
      read(size);
    };
    server.emit('request', request, response);
  });
}

/**
 * Takes over the `100 Continue` of a request: reading its body no longer sends it.
 * @returns a function that sends it; undefined when the sender does not wait for one
 */
export function takeContinue(request: IncomingMessage): (() => void) | undefined {
  const goOn = waiting.get(request);
  waiting.delete(request);
  return goOn;
}

function onlyContinue(request: IncomingMessage): boolean {
  const expected = valuesOf(requestHeaders(request), 'expect').join().split(',');
  return expected.every((one) => one.trim().toLowerCase() === '100-continue');
}
