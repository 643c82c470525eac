import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { PaggioError, type EndpointConfig, type Paggio, type Principal } from '@paggio/core';
import type { Answer } from '../answer';
import { Api } from '../api';
import { Dashboard } from '../dashboard';
import { dialectRouter } from '../dialects/dialect-router';
import type { DialectName } from '../dialects';
import { slugOf } from '../ingest';
import { RemoteAddress } from '../remote-address';
import { linger, readBody, RequestAborted } from './body';

export interface HandlerOptions {
  /**
   * Path that Paggio is mounted under, such as `/hooks`.
   * @default ''
   */
  path?: string;
  /**
   * Serves `/health` and `/health/live`.
   * @default false
   */
  health?: boolean;
  /**
   * Serves the shapes of other products at `/compat/<name>`.
   * @default []
   */
  dialects?: readonly DialectName[];
  /**
   * Serves the OpenAPI document at `/openapi.json`.
   * @default false
   */
  openapi?: boolean;
  /**
   * Serves Prometheus metrics at `/metrics`, to keys with the scope `admin`.
   * @default false
   */
  metrics?: boolean;
  /**
   * Serves the dashboard at `/dashboard`.
   * @default false
   */
  dashboard?: boolean;
  /**
   * Answers every other path below the mount point with the error envelope, instead of leaving it to the host.
   * @default false
   */
  exclusive?: boolean;
  /** Hears of faults behind an `INTERNAL` answer. */
  onFault?: (error: unknown, requestId: string) => void;
}

/** True when the request was Paggio's: it is or will be answered. False: it is the host's, untouched. */
export interface NodeHandler {
  (request: IncomingMessage, response: ServerResponse): boolean;
  /** Path and query of a link that signs in to the dashboard once; null where it is not served. */
  signInLink(principal: Principal): string | null;
}

const MAX_HEADERS = 200;

/**
 * The door for everything that speaks `node:http`: bare servers, Express, Koa, Nest.
 * @param api one that exists already, so that a key has one rate limit behind all doors of a host
 */
export function createNodeHandler(
  paggio: Paggio,
  options: HandlerOptions = {},
  api: Api = new Api(paggio, options),
): NodeHandler {
  const base = normalizePath(options.path);
  paggio.mountedAt(base);
  const dialectOf = dialectRouter(api, options.dialects);
  const remoteAddress = new RemoteAddress(paggio.options.trustedProxies);
  const { roles } = paggio.options;
  const dashboard = options.dashboard === true && roles.has('dashboard') ? new Dashboard(api, base) : null;

  const handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const target = targetOf(request);
    const mark = target.indexOf('?');
    const path = mark < 0 ? target : target.slice(0, mark);
    if (!path.startsWith(base)) return false;
    const local = path.slice(base.length);
    const slug = roles.has('capture') ? slugOf(local) : undefined;
    const query = mark < 0 ? '' : target.slice(mark + 1);
    if (slug !== undefined) {
      void capture(slug, request, response, path, query);
      return true;
    }
    const method = request.method as string;
    const { rawHeaders } = request;
    const call = { method, path: local, fullPath: path, query, rawHeaders, remoteAddr: addressOf(request) };
    if (dashboard?.owns(local)) {
      const { headers } = request;
      const secure = 'encrypted' in request.socket || paggio.isPublicOverTls();
      void respond(request, response, local, (body) => dashboard.handle({ ...call, headers, secure, body }));
      return true;
    }
    const dialect = dialectOf(local);
    if (dialect) {
      const { api: spoken, path: inner } = dialect;
      void respond(request, response, inner, (body) => spoken.handle({ ...call, path: inner, body }));
      return true;
    }
    if (api.owns(local) || options.exclusive === true) {
      void respond(request, response, local, (body) => api.handle({ ...call, body }));
      return true;
    }
    return false;
  };
  return Object.assign(handle, {
    signInLink: (principal: Principal) => (dashboard ? base + dashboard.createLink(principal) : null),
  });

  async function capture(
    slug: string,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: string,
  ): Promise<void> {
    try {
      if (request.rawHeaders.length > MAX_HEADERS * 2) return refuseHeaders(request, response);
      const routed = paggio.capture.route(slug);
      const endpoint: EndpointConfig = routed instanceof Promise ? await routed : routed;
      const body = await readBody(request, paggio.options.bodyLimit);
      const answer = await paggio.capture.receive(endpoint, {
        method: request.method as string,
        path,
        query,
        rawHeaders: request.rawHeaders,
        body,
        remoteAddr: addressOf(request),
      });
      const headers: string[] = answer.contentType === null ? [] : ['content-type', answer.contentType];
      for (const [name, value] of answer.headers) headers.push(name, value);
      headers.push('content-length', String(Buffer.byteLength(answer.body)));
      response.writeHead(answer.status, headers).end(answer.body);
    } catch (error) {
      fail(error, request, response);
    }
  }

  function addressOf(request: IncomingMessage): string | null {
    return remoteAddress.of(
      request.socket.remoteAddress,
      () => request.headers['x-forwarded-for'] as string | undefined,
    );
  }

  /** Reads a body and writes what `answer` makes of it. */
  async function respond(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    answer: (body: Buffer) => Promise<Answer>,
  ): Promise<void> {
    try {
      writeAnswer(response, await answer(await readBody(request, api.bodyLimit(path))));
    } catch (error) {
      fail(error, request, response);
    }
  }

  function fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (error instanceof RequestAborted) return void request.destroy();
    writeAnswer(response, api.fail(error));
    // What is still on its way of a request that was refused early.
    if (!request.readableEnded) linger(request);
  }

  function refuseHeaders(request: IncomingMessage, response: ServerResponse): void {
    const error = new PaggioError('BAD_REQUEST', `The request has more than ${MAX_HEADERS} headers`, {
      hint: 'Send fewer headers.',
    });
    writeAnswer(response, { ...api.fail(error), status: 431 });
    linger(request);
  }
}

export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (response.headersSent || response.destroyed) return;
  const headers = answer.headers.flatMap(([name, value]) => [name, value]);
  if (answer.body !== null && typeof answer.body === 'object' && Symbol.asyncIterator in answer.body) {
    response.writeHead(answer.status, headers);
    if (response.req.method === 'HEAD') return void response.end();
    // Reads on only as fast as it is taken, and ends the source when the reader goes away.
    pipeline(Readable.from(answer.body), response, () => undefined);
    return;
  }
  if (answer.status !== 204)
    headers.push('content-length', String(answer.body === null ? 0 : Buffer.byteLength(answer.body)));
  response.writeHead(answer.status, headers).end(answer.body);
}

/** The target as sent. Frameworks rewrite `url` below a mount point and keep it as `originalUrl`. */
function targetOf(request: IncomingMessage): string {
  const target = (request as { originalUrl?: string }).originalUrl ?? request.url ?? '/';
  // Absolute form (RFC 9112, 3.2.2): only the path decides, whatever host it names.
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/?]*/i, '');
}

/** `hooks/` and `/hooks/` are `/hooks`; nothing and `/` are the root. */
export function normalizePath(path: string | undefined): string {
  const trimmed = (path ?? '').replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}
