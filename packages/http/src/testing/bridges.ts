import { createServer, IncomingMessage, ServerResponse, type OutgoingHttpHeaders, type Server } from 'node:http';
import { connect, type ClientHttp2Session, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Headers that belong to a connection of HTTP/1. */
const ofConnection = new Set(['connection', 'host', 'keep-alive', 'transfer-encoding', 'upgrade', 'expect']);

/** A server of HTTP/1 that passes each request on to a server of HTTP/2, so that tests that write HTTP/1 reach it. */
export function inFrontOfHttp2(behind: Http2Server): Server {
  let session: ClientHttp2Session | undefined;
  const front = createServer((request, response) => {
    session ??= connect(`http://127.0.0.1:${(behind.address() as AddressInfo).port}`);
    const headers: Record<string, string | string[]> = {
      ':method': request.method as string,
      ':path': request.url as string,
      ':scheme': 'http',
      ':authority': request.headers.host as string,
    };
    for (const [name, values] of Object.entries(request.headersDistinct))
      if (!ofConnection.has(name) && values) headers[name] = values.length === 1 ? (values[0] as string) : values;
    const stream = session.request(headers, { endStream: false });
    stream.on('response', ({ ':status': status, ...answered }) => {
      response.writeHead(status as number, answered as OutgoingHttpHeaders);
      response.flushHeaders();
      stream.pipe(response);
    });
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.close());
    request.pipe(stream);
  });
  if (!behind.listening) {
    front.on('listening', () => behind.listen(0, '127.0.0.1'));
    front.on('close', () => behind.close());
  }
  front.on('close', () => session?.destroy());
  return front;
}

/** The answer of a transport without sockets. */
export interface InjectedAnswer {
  statusCode: number;
  headers: OutgoingHttpHeaders;
  rawPayload: Buffer;
}

export interface InjectedRequest {
  method: string;
  url: string;
  headers: Record<string, string | string[]>;
  payload: Buffer;
}

/** A server of HTTP/1 that reads each request whole, passes it on to a transport without sockets, and sends its answer. */
export function inFrontOfInject(inject: (request: InjectedRequest) => Promise<InjectedAnswer>): Server {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const payload = await buffer(request);
    const headers = Object.fromEntries(
      Object.entries(request.headersDistinct).map(([name, values = []]) => [
        name,
        values.length === 1 ? (values[0] as string) : values,
      ]),
    );
    const { method, url } = request as { method: string; url: string };
    const { statusCode, headers: answered, rawPayload } = await inject({ method, url, headers, payload });
    const { connection: _connection, 'transfer-encoding': _coding, ...kept } = answered;
    const length = statusCode === 204 ? {} : { 'content-length': rawPayload.length };
    response.writeHead(statusCode, { ...kept, ...length });
    response.end(request.method === 'HEAD' ? undefined : rawPayload);
  };
  // A test that waits for an answer sees the connection end.
  return createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
}

/**
 * Calls a listener of requests as serverless adapters do: with `headers` and no `rawHeaders`, with a stream for a socket,
 * and with an answer that is collected.
 */
export function injectInto(listener: Listener): (request: InjectedRequest) => Promise<InjectedAnswer> {
  return ({ method, url, headers, payload }) =>
    new Promise((done) => {
      const socket = Object.assign(new PassThrough(), { remoteAddress: '192.0.2.1' });
      const request = new IncomingMessage(socket as unknown as Socket);
      Object.assign(request, { httpVersion: '1.1', httpVersionMajor: '1', method, url, headers, body: payload });
      request._read = () => {
        if (payload.length > 0) request.push(payload);
        request.push(null);
      };
      const response = new ServerResponse(request);
      const chunks: Buffer[] = [];
      response.useChunkedEncodingByDefault = false;
      response.assignSocket({
        _writableState: {},
        writable: true,
        on: () => undefined,
        removeListener: () => undefined,
        destroy: () => undefined,
        cork: () => undefined,
        uncork: () => undefined,
        write(data: Buffer | string, encoding: BufferEncoding | (() => void), written?: () => void): boolean {
          chunks.push(Buffer.from(data as string, typeof encoding === 'string' ? encoding : undefined));
          (typeof encoding === 'function' ? encoding : written)?.();
          return true;
        },
      } as unknown as Socket);
      response.once('finish', () => {
        const whole = Buffer.concat(chunks);
        const rawPayload = whole.subarray(whole.indexOf('\r\n\r\n') + 4);
        done({ statusCode: response.statusCode, headers: headersIn(whole), rawPayload });
      });
      listener(request, response);
    });
}

function headersIn(answer: Buffer): OutgoingHttpHeaders {
  const headers: Record<string, string[]> = {};
  const lines = answer.toString('latin1', 0, answer.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  for (const line of lines) {
    const colon = line.indexOf(': ');
    (headers[line.slice(0, colon).toLowerCase()] ??= []).push(line.slice(colon + 2));
  }
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

/** A listener whose requests have no `rawHeaders`, like those of mocks and serverless adapters. */
export function withHeadersOnly(listener: Listener, rawHeaders: [] | undefined = []): Listener {
  return (request, response) => {
    // Node makes `headers` from `rawHeaders` when `headers` is first read.
    void request.headers;
    Object.defineProperty(request, 'rawHeaders', { value: rawHeaders });
    return listener(request, response);
  };
}
