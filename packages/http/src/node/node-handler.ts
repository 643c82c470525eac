import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { networkOf, PaggioError, type EndpointConfig, type Paggio, type Principal } from '@paggio/core';
import { discard, headersOf, inertHeaders, isStream, type Answer } from '../answer';
import type { Api } from '../api';
import { arrivalOf, type Arrival } from '../arrival';
import { RequestAborted } from '../operation';
import { RemoteAddress } from '../remote-address';
import { checkMountOptions, Mount, type Responder, type MountOptions } from '../mount';
import { headerObject } from '../header-values';
import { attachServer } from './attach';
import {
  admitSender,
  announcedBody,
  linger,
  receiveApiBody,
  receiveBody,
  whenAnswered,
  type IncomingBody,
} from './body';
import { closingOf } from './closing';
import { framingProblem } from './framing';
import { isHttp2, requestHeaders } from './request-headers';

/** Facts about a request that only the host's framework knows. */
export interface HostView {
  /** The request that `allow` and `resolveUser` get. Default: Node's request. */
  hostRequest?: unknown;
  /** Path and query as sent. Default: `originalUrl` of the request, else its `url`. */
  target?: string;
}

export interface NodeHandler {
  /**
   * Whether the request names the host of `ingestUrl` but has a path that is not for senders. This handler answers it
   * with 404.
   */
  isClosedTo(request: IncomingMessage): boolean;
  /** True: Paggio answers the request. False: the request is untouched and the host should answer it. */
  (request: IncomingMessage, response: ServerResponse, view?: HostView): boolean;
  /** Makes a link (path and query) that signs in to the dashboard once; null when the dashboard is not served. */
  signInLink(principal: Principal): Promise<string | null>;
  /**
   * Tells Paggio which HTTP/1 or HTTP/2 server its requests come from. Paggio then does what a request listener alone
   * cannot do: a refused request that waits for `100 Continue` gets only its final status, and connections without a
   * complete request do not hold up `server.close()` after `paggio.quiesce()`. Routes of the host need no change. Call
   * it before the server listens, or right after; calling it again changes nothing.
   */
  attach(server: Server): void;
}

const MAX_HEADERS = 200;
const INERT = inertHeaders as readonly [string, string][];

/**
 * The handler for every host on `node:http`: bare servers, Express, Koa and Nest.
 * @param api an existing API to share, so that a key has one rate limit for all handlers of a host
 */
export function createNodeHandler<HostRequest = IncomingMessage>(
  paggio: Paggio,
  options: MountOptions<HostRequest> = {},
  api?: Api,
): NodeHandler {
  checkMountOptions(paggio, options);
  const mount = new Mount(paggio, options, api);
  const remoteAddress = new RemoteAddress(paggio.host.options.trustedProxies);
  const { memory } = mount.api;
  const closing = closingOf(paggio.host);

  const handle = (request: IncomingMessage, response: ServerResponse, view: HostView = {}): boolean => {
    closing.ofRequest(request);
    const [path, query] = targetOf(request, view);
    const local = mount.within(path);
    if (local === undefined) return false;
    const slug = mount.slugOf(local);
    if (slug !== undefined) {
      const problem = framingProblem(request);
      if (problem) fail(problem, request, response);
      else void capture(slug, request, response, path, query);
      return true;
    }
    const arrival = arrivalOf(request, remoteAddress);
    const responder = mount.responderOf(request.method ?? '', local, arrival.hosts);
    if (!responder) return false;
    const problem = framingProblem(request);
    if (problem) fail(problem, request, response);
    else void respond(responder, arrival, request, response, path, query, view.hostRequest ?? request);
    return true;
  };
  const isClosedTo = (request: IncomingMessage): boolean => {
    const local = mount.within(targetOf(request)[0]);
    return local !== undefined && mount.isClosedAt(local, arrivalOf(request, remoteAddress).hosts);
  };
  return Object.assign(handle, {
    isClosedTo,
    attach: (server: Server) => attachServer(paggio, server),
    signInLink: (principal: Principal) => mount.signInLink(principal),
  });

  async function capture(
    slug: string,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<void> {
    const share = memory.webhooks.share(slug);
    let incoming: IncomingBody | undefined;
    let endpoint: EndpointConfig | undefined;
    try {
      const rawHeaders = requestHeaders(request);
      if (rawHeaders.length > MAX_HEADERS * 2) return refuseHeaders(request, response);
      const remoteAddr = addressOf(request);
      const announced = announcedBody(request);
      const bytes = typeof announced === 'number' ? announced : 0;
      const routed = paggio.host.capture.route(slug, request.method as string, remoteAddr, bytes);
      if (routed instanceof Promise) {
        incoming = receiveBody(request, paggio.host, memory.unread.share(networkOf(remoteAddr)));
        endpoint = await routed;
      } else {
        incoming = receiveBody(request, paggio.host);
        endpoint = routed;
      }
      const body = await incoming.read(paggio.host.options.bodyLimit, share);
      // failpoint: capture.body_read
      const answer = await paggio.host.capture.receive(endpoint, {
        method: request.method as string,
        path,
        query,
        rawHeaders,
        body,
        remoteAddr,
      });
      // failpoint: capture.answering
      const headers: [string, string][] = [...INERT];
      if (answer.contentType !== null) headers.push(['content-type', answer.contentType]);
      for (const [name, value] of answer.headers) headers.push([name, value]);
      // RFC 9110, 8.6: a 204 has no Content-Length.
      if (answer.status !== 204) headers.push(['content-length', String(Buffer.byteLength(answer.body))]);
      send(response, answer.status, headers, answer.body);
      watchUnread(response);
    } catch (error) {
      if (endpoint) admitSender(request);
      fail(error, request, response);
    } finally {
      share.giveBack();
      incoming?.drop();
    }
  }

  function addressOf(request: IncomingMessage): string | null {
    return remoteAddress.of(
      request.socket?.remoteAddress,
      () => request.headers['x-forwarded-for'] as string | undefined,
    );
  }

  async function respond(
    responder: Responder,
    arrival: Arrival,
    request: IncomingMessage,
    response: ServerResponse,
    fullPath: string,
    query: string,
    hostRequest: unknown,
  ): Promise<void> {
    try {
      const { method = '' } = request;
      const rawHeaders = requestHeaders(request);
      const remoteAddr = addressOf(request);
      const read = receiveApiBody(request, response, paggio, memory, networkOf(remoteAddr));
      const call = { method, fullPath, query, rawHeaders, remoteAddr, arrival, hostRequest };
      writeAnswer(response, await responder(call, read));
      // When a request was refused early, its body is still arriving.
      linger(request);
    } catch (error) {
      fail(error, request, response);
    }
  }

  function fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (error instanceof RequestAborted) return void request.destroy();
    writeAnswer(response, mount.api.fail(error));
    linger(request);
    watchUnread(response);
  }

  /** Watches an answer that its client may not read. Most answers are already written to the connection, and cost nothing. */
  function watchUnread(response: ServerResponse): void {
    const waits = isHttp2(response) || response.socket === null || response.socket.writableLength > 0;
    if (waits) whenAnswered(response, closing.addAnswer(response));
  }

  function refuseHeaders(request: IncomingMessage, response: ServerResponse): void {
    const error = new PaggioError('BAD_REQUEST', `The request has more than ${MAX_HEADERS} headers`, {
      hint: 'Send fewer headers.',
    });
    writeAnswer(response, { ...mount.api.fail(error), status: 431 });
    linger(request);
  }
}

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
function send(
  response: ServerResponse,
  status: number,
  headers: readonly (readonly [string, string])[],
  body: string | Buffer | null,
): void {
  writeHead(response, status, headers);
  if (isHttp2(response) && (response.req?.method === 'HEAD' || !body?.length)) response.end();
  else response.end(body);
}

/** Path and query, undecoded. */
function targetOf(request: IncomingMessage & { originalUrl?: string }, view: HostView = {}): [string, string] {
  const target = withoutOrigin(view.target ?? request.originalUrl ?? request.url ?? '/');
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Removes the origin of an absolute target (RFC 9112, 3.2.2), because only the path decides. */
function withoutOrigin(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '');
}
