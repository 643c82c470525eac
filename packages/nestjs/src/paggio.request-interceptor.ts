import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import { framingProblem } from '@paggio/http';
import type { PaggioHttpAdapter } from './paggio.http-adapter';

type Next = () => void;

/** The part of Fastify that is used here. Fastify is an optional peer of Nest. */
interface FastifyInstance {
  addHook(
    name: 'onRequest',
    hook: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): void }, done: Next) => void,
  ): void;
}
type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The base paths of the instances on each server. */
const taken = new WeakMap<object, Set<string>>();

/**
 * Puts Paggio in front of the host's pipeline. It is not an interceptor of Nest: it answers webhook URLs in the
 * server's own `request` event, before any framework code runs. Paggio therefore gets the exact bytes, whatever parsers
 * the host has. Some requests do not pass that server (`inject` of Fastify, serverless adapters). A middleware or hook
 * that runs before those of the host answers them.
 */
export class PaggioRequestInterceptor {
  /** Every path that has a controller begins with one of these. */
  private readonly prefixes: readonly string[];

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly adapter: PaggioHttpAdapter,
    private readonly base: string,
  ) {
    this.prefixes = ['/api/v1/', '/health', '/openapi.json', '/metrics'].map((prefix) => base + prefix);
    // In testing modules, the adapter is made after the providers. Application contexts have no adapter and no HTTP.
    if (host.httpAdapter) this.open();
    else host.init$.subscribe(() => this.open());
  }

  /**
   * Becomes the server's first listener. The module calls it in `onModuleInit`: by then the server exists, but does not
   * listen yet.
   * @throws Error when another instance on this server has the same base path, because the first one would get all requests
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
    this.adapter.handle.attach(server);
  }

  /** @throws Error for an adapter other than Nest's Express and Fastify adapters */
  private open(): void {
    const nestAdapter = this.host.httpAdapter;
    // An application context has no adapter.
    if (!nestAdapter) return;
    const type = nestAdapter.getType?.();
    if (type !== 'express' && type !== 'fastify')
      throw new Error(`Paggio works on Nest's Express and Fastify adapters; this app has "${String(type)}".`);
    if (type === 'fastify') {
      const instance = nestAdapter.getInstance<FastifyInstance>();
      instance.addHook('onRequest', (request, reply, done) => {
        if (this.answers(request.raw, reply.raw)) reply.hijack();
        else done();
      });
    } else {
      nestAdapter.use((request: IncomingMessage, response: ServerResponse, next: Next) => {
        if (!this.answers(request, response)) next();
      });
    }
  }

  /**
   * Answers a request if it is Paggio's. Requests of the host pass here twice: at the server and in the framework. The
   * second call changes nothing.
   * @returns whether Paggio answers it
   */
  private answers(request: IncomingMessage, response: ServerResponse): boolean {
    if (!this.hasController(request)) return this.adapter.handle(request, response);
    const problem = framingProblem(request);
    if (problem) this.adapter.fail(problem, response, request);
    else this.adapter.keepBody(request, response);
    return problem !== undefined;
  }

  private hasController(request: IncomingMessage): boolean {
    const url = request.url ?? '';
    // This check comes first because it is cheap and runs for every webhook.
    if (!this.prefixes.some((prefix) => url.startsWith(prefix))) return false;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    // The framework's router cannot decode such a path, and would answer it itself.
    if (!isDecodable(path)) return false;
    const match = this.adapter.match(request, path);
    return match !== undefined && 'operation' in match && !this.adapter.handle.isClosedTo(request);
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
