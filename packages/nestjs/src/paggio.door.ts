import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import { framingProblem } from '@paggio/http';
import type { PaggioGateway } from './paggio.gateway';

type Next = () => void;

/** What is used of Fastify, which is an optional peer of Nest. */
interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): void }, done: Next) => void,
  ): void;
}
type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** Base paths that an instance has taken, per server. */
const taken = new WeakMap<object, Set<string>>();

/**
 * Puts Paggio in front of the host's pipeline. Webhook URLs are answered on the server's own `request` event, before any
 * framework code: exact bytes with no configuration, whatever parsers the host has. Requests that come in without that
 * server (`inject` of Fastify, serverless adapters) are answered by a middleware or hook that runs before the host's.
 */
export class PaggioDoor {
  /** What paths with a controller begin with. */
  private readonly prefixes: readonly string[];

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly gateway: PaggioGateway,
    private readonly base: string,
  ) {
    this.prefixes = ['/api/v1/', '/health', '/openapi.json', '/metrics'].map((prefix) => base + prefix);
    // In testing modules the adapter comes after the providers; without one (application contexts) there is no HTTP.
    if (host.httpAdapter) this.open();
    else host.init$.subscribe(() => this.open());
  }

  /**
   * Takes the first place at the server. Called when modules are initialised: the server exists and does not listen yet.
   * @throws Error when another instance has this base path: the first would win silently
   */
  install(): void {
    const server = this.host.httpAdapter?.getHttpServer?.() as Server | undefined;
    if (!server) return;
    const bases = taken.get(server) ?? new Set();
    if (bases.has(this.base))
      throw new Error(`Two Paggio instances are mounted at "${this.base || '/'}": give one of them another path.`);
    taken.set(server, bases.add(this.base));
    const listeners = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      if (this.answers(request, response)) return;
      for (const listener of listeners) listener.call(server, request, response);
    });
    this.gateway.handle.attach(server);
  }

  /** @throws Error for an adapter whose requests are not Node's, or not known to be */
  private open(): void {
    const adapter = this.host.httpAdapter;
    // An application context has none.
    if (!adapter) return;
    const type = adapter.getType?.();
    if (type !== 'express' && type !== 'fastify')
      throw new Error(`Paggio works on Nest's Express and Fastify adapters; this app has "${String(type)}".`);
    if (type === 'fastify') {
      const instance = adapter.getInstance<FastifyInstance>();
      instance.addHook('onRequest', (request, reply, done) => {
        if (this.answers(request.raw, reply.raw)) reply.hijack();
        else done();
      });
    } else {
      adapter.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
        if (!this.answers(request, response)) next();
      });
    }
  }

  /**
   * Whether Paggio answers a request. Requests for the host come by twice, at the server and in the framework; the second
   * time changes nothing.
   */
  private answers(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.hasController(request)) return this.gateway.handle(request, response);
    const problem = framingProblem(request);
    if (problem) this.gateway.fail(problem, response, request);
    else this.gateway.keepBody(request, response);
    return problem !== undefined;
  }

  private hasController(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    // First of all, because it is asked for every webhook too.
    if (!this.prefixes.some((prefix) => url.startsWith(prefix))) return false;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    // A router of the framework would answer a path that it cannot decode by itself.
    if (!isDecodable(path)) return false;
    const match = this.gateway.match(request, path);
    return match !== undefined && 'operation' in match && !this.gateway.handle.isClosedTo(request);
  }
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
