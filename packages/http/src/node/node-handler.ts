import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import { networkOf, type Paggio, type Principal } from '@paggio/core';
import type { Api } from '../api';
import { arrivalOf, type Arrival } from '../arrival';
import { RemoteAddress } from '../remote-address';
import { checkMountOptions, Mount, type Responder, type MountOptions } from '../mount';
import { attachServer } from './attach';
import { linger, receiveApiBody } from './body';
import { closingOf } from './closing';
import { framingProblem } from './framing';
import { Replies } from './replies';
import { requestHeaders } from './request-headers';
import { Webhooks } from './webhooks';
import { writeAnswer } from './write-answer';

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
  const replies = new Replies(mount.api, closing);
  const webhooks = new Webhooks(paggio.host, memory, replies, addressOf);

  const handle = (request: IncomingMessage, response: ServerResponse, view: HostView = {}): boolean => {
    closing.ofRequest(request);
    const [path, query] = targetOf(request, view);
    const local = mount.within(path);
    if (local === undefined) return false;
    const slug = mount.slugOf(local);
    if (slug !== undefined) {
      const problem = framingProblem(request);
      if (problem) replies.fail(problem, request, response);
      else webhooks.receive(slug, request, response, path, query);
      return true;
    }
    const arrival = arrivalOf(request, remoteAddress);
    const responder = mount.responderOf(request.method ?? '', local, arrival.hosts);
    if (!responder) return false;
    const problem = framingProblem(request);
    if (problem) replies.fail(problem, request, response);
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
      replies.fail(error, request, response);
    }
  }
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
