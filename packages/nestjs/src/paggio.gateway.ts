import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Api,
  createNodeHandler,
  noSuchRoute,
  readBody,
  RequestAborted,
  valuesOf,
  writeAnswer,
  type HandlerOptions,
  type NodeHandler,
  type Operation,
} from '@paggio/http';
import type { Paggio, Principal } from '@paggio/core';

/** What Nest's request and response are underneath, on Express and on Fastify. */
export type HostRequest = IncomingMessage & {
  raw?: IncomingMessage;
  params?: Record<string, string>;
  originalUrl?: string;
};
export type HostResponse = ServerResponse & { raw?: ServerResponse; hijack?: () => void };

const API_BODY_LIMIT = 1024 * 1024;

/** What controllers, guard and filter share: the operations of one instance, and what is known about a request. */
export class PaggioGateway {
  readonly api: Api;
  /** Answers webhook URLs and, if exclusive, unknown paths; leaves the API to the controllers. */
  readonly handle: NodeHandler;
  private readonly bodies = new WeakMap<IncomingMessage, Buffer>();
  private readonly principals = new WeakMap<IncomingMessage, Principal>();

  constructor(paggio: Paggio, options: HandlerOptions, onFault: (error: unknown, requestId: string) => void) {
    this.api = new Api(paggio, { health: options.health, onFault });
    this.handle = createNodeHandler(paggio, { ...options, onFault });
  }

  /** Keeps the exact body of an API request before the host's parser sees it, which then finds nothing left to read. */
  async keepBody(request: IncomingMessage): Promise<void> {
    if (this.bodies.has(request)) return;
    this.bodies.set(request, await readBody(request, API_BODY_LIMIT));
    (request as { _body?: boolean })._body = true;
  }

  async authorize(request: HostRequest, operation: Operation): Promise<void> {
    // The controllers are there whatever this process is for.
    if (!this.api.offers(operation)) throw noSuchRoute();
    if (operation.scope === null) return;
    const raw = request.raw ?? request;
    this.principals.set(raw, await this.api.authorize(valuesOf(raw.rawHeaders, 'authorization'), operation.scope));
  }

  async run(operation: Operation, request: HostRequest, response: HostResponse): Promise<void> {
    const raw = request.raw ?? request;
    const url = request.originalUrl ?? raw.url ?? '';
    const mark = url.indexOf('?');
    const input = {
      query: mark < 0 ? '' : url.slice(mark + 1),
      idempotencyKeys: valuesOf(raw.rawHeaders, 'idempotency-key'),
      body: this.bodies.get(raw) ?? Buffer.alloc(0),
    };
    this.write(
      response,
      await this.api.run(operation, input, { ...request.params }, this.principals.get(raw) ?? nobody),
    );
  }

  /** Answers an error with the envelope. */
  fail(error: unknown, response: HostResponse): void {
    if (error instanceof RequestAborted) return;
    this.write(response, this.api.fail(error));
  }

  private write(response: HostResponse, answer: Parameters<typeof writeAnswer>[1]): void {
    response.hijack?.();
    writeAnswer(response.raw ?? response, answer);
  }
}

const nobody: Principal = { userId: '', mode: 'live', scopes: new Set(), keyId: null };
