import type { IncomingMessage, ServerResponse } from 'node:http';
import { networkOf, type Paggio } from '@paggio/core';
import {
  Api,
  arrivalOf,
  createNodeHandler,
  linger,
  normalizePath,
  noSuchRoute,
  RemoteAddress,
  nobody,
  receiveApiBody,
  RequestAborted,
  requestHeaders,
  whenAnswered,
  writeAnswer,
  type Caller,
  type MountOptions,
  type Match,
  type NodeHandler,
  type Operation,
  type ReadBody,
} from '@paggio/http';

/** Nest's request. On Express, it is Node's request. On Fastify, it has Node's request as `raw`. */
export type HostRequest = IncomingMessage & {
  raw?: IncomingMessage;
  params?: Record<string, string>;
  originalUrl?: string;
};
/** Nest's response, on Express or on Fastify. */
export type HostResponse = ServerResponse & { raw?: ServerResponse; hijack?: () => void };

/**
 * Connects one instance of Paggio to Nest's requests. Controllers, guard and filter share it: it has the operations,
 * the sender of each request, and bodies that have not been read yet.
 */
export class PaggioHttpAdapter {
  readonly api: Api;
  /** Answers webhook URLs and, with `exclusive`, unknown paths. The controllers answer the API. */
  readonly handle: NodeHandler;
  private readonly bodies = new WeakMap<IncomingMessage, ReadBody>();
  private readonly callers = new WeakMap<IncomingMessage, Caller>();
  private readonly matches = new WeakMap<IncomingMessage, { method: string; path: string; match: Match | undefined }>();
  private readonly remoteAddress: RemoteAddress;
  private readonly base: string;

  constructor(
    private readonly paggio: Paggio,
    private readonly options: MountOptions<HostRequest>,
    onFault: (error: unknown, requestId: string) => void,
  ) {
    this.api = new Api(paggio, { ...(options as MountOptions), onFault });
    this.base = normalizePath(options.path);
    this.remoteAddress = new RemoteAddress(paggio.host.options.trustedProxies);
    this.handle = createNodeHandler(paggio, { ...options, onFault }, this.api);
  }

  /**
   * Whether Paggio answers the requests for a route of the app: webhook URLs, pages of the dashboard, and every path of the
   * API. The method does not matter, because Paggio answers other methods with 405.
   * @param path a route template of Nest, with the app's prefix
   */
  claims(path: string): boolean {
    if (!`${path}/`.startsWith(`${this.base}/`)) return false;
    const local = path.slice(this.base.length);
    if (local.startsWith('/api/webhook/')) return true;
    if (this.options.dashboard && `${local}/`.startsWith('/dashboard/')) return true;
    return this.api.match('GET', local) !== undefined;
  }

  /**
   * Keeps the host's parsers away from the body of an API request. Paggio reads it after the host's guards and after its own
   * guard, which checks the API key.
   */
  keepBody(request: IncomingMessage, response: ServerResponse): void {
    if (this.bodies.has(request)) return;
    this.bodies.set(request, this.bodyOf(request, response));
    // Express's parsers then take the body for parsed. Fastify's see no body, because the headers that announce it are
    // gone.
    (request as { _body?: boolean })._body = true;
    delete request.headers['content-length'];
    delete request.headers['transfer-encoding'];
    delete request.headers['content-type'];
  }

  /**
   * Finds the operation of a request and remembers it, because the interceptor and the guard both ask. A host may rewrite
   * the path or method in between; then the operation is looked up again.
   * @param path the path as it was sent, with the mount path
   */
  match(request: IncomingMessage, path: string): Match | undefined {
    const { method = '' } = request;
    const known = this.matches.get(request);
    if (known?.method === method && known.path === path) return known.match;
    const match = this.api.match(method, path.slice(this.base.length));
    this.matches.set(request, { method, path, match });
    return match;
  }

  /**
   * Checks the sender of a request and keeps it for `run`.
   * @throws PaggioError `UNAUTHORIZED`, `FORBIDDEN`, `RATE_LIMITED`, or `NOT_FOUND` if this process does not serve the
   * route
   */
  async authorize(request: HostRequest, operation: Operation): Promise<void> {
    // The controllers exist in every process, whatever its roles are.
    if (!this.api.offers(operation)) throw noSuchRoute();
    const raw = request.raw ?? request;
    // Express ignores the case of paths. The paths of the API are exact in every host.
    const match = this.match(raw, pathOf(request));
    if (match === undefined || !('operation' in match)) throw noSuchRoute();
    this.callers.set(
      raw,
      await this.api.admit(operation, {
        method: raw.method ?? '',
        rawHeaders: requestHeaders(raw),
        remoteAddr: this.addressOf(raw),
        arrival: arrivalOf(raw, this.remoteAddress),
        hostRequest: request,
      }),
    );
  }

  /** Runs the operation and writes the answer. Resolves when the answer is written or its connection is closed. */
  async run(operation: Operation, request: HostRequest, response: HostResponse): Promise<void> {
    const raw = request.raw ?? request;
    const url = request.originalUrl ?? raw.url ?? '';
    const mark = url.indexOf('?');
    const fullPath = mark < 0 ? url : url.slice(0, mark);
    const input = {
      method: raw.method ?? '',
      path: fullPath,
      fullPath,
      query: mark < 0 ? '' : url.slice(mark + 1),
      rawHeaders: requestHeaders(raw),
      remoteAddr: this.addressOf(raw),
      arrival: arrivalOf(raw, this.remoteAddress),
      hostRequest: request,
    };
    const caller = this.callers.get(raw) ?? nobody;
    const written = response.raw ?? response;
    const read = this.bodies.get(raw) ?? this.bodyOf(raw, written);
    this.write(response, await this.api.run(operation, input, { ...request.params }, caller, read));
    // A stream is still open. If this returned now, Nest would end the answer with its own empty result.
    if (!written.writableEnded && !written.destroyed) await new Promise<void>((done) => whenAnswered(written, done));
  }

  /** Answers with the error envelope. A sender that has gone gets no answer. */
  fail(error: unknown, response: HostResponse, request?: HostRequest): void {
    if (error instanceof RequestAborted) return;
    const raw = request?.raw ?? request;
    this.write(response, this.api.fail(error, raw && this.callers.get(raw)));
    // The body of a request that was refused early is still arriving.
    if (raw) linger(raw);
  }

  private bodyOf(request: IncomingMessage, response: ServerResponse): ReadBody {
    return receiveApiBody(request, response, this.paggio, this.api.memory, networkOf(this.addressOf(request)));
  }

  private addressOf(request: IncomingMessage): string | null {
    const forwardedFor = (): string | undefined => request.headers['x-forwarded-for'] as string | undefined;
    return this.remoteAddress.of(request.socket?.remoteAddress, forwardedFor);
  }

  private write(response: HostResponse, answer: Parameters<typeof writeAnswer>[1]): void {
    response.hijack?.();
    writeAnswer(response.raw ?? response, answer);
  }
}

/** The path as it was sent. */
function pathOf(request: HostRequest): string {
  return (request.originalUrl ?? (request.raw ?? request).url ?? '').split('?', 1)[0] as string;
}
