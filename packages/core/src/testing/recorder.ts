import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  method: string;
  url: string;
  rawHeaders: string[];
  headers: IncomingMessage['headers'];
  body: Buffer;
}

export type Behaviour = (request: RecordedRequest, response: ServerResponse, count: number) => void;

const accept: Behaviour = (_request, response) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end('{"received": true}');

/** A destination on a real socket that records what it receives and answers as `behaviour` says. */
export class Recorder {
  readonly requests: RecordedRequest[] = [];
  private waiting: { count: number; done: () => void }[] = [];

  private constructor(
    private readonly server: Server,
    public behaviour: Behaviour,
  ) {}

  static async start(behaviour: Behaviour = accept, host = '127.0.0.1', port = 0): Promise<Recorder> {
    const server = createServer({ insecureHTTPParser: false });
    const recorder = new Recorder(server, behaviour);
    server.on('request', (request, response) => recorder.take(request, response));
    await once(server.listen(port, host), 'listening');
    // A failed test must not keep the run from ending.
    server.unref();
    return recorder;
  }

  /**
   * A recorder at the port of `first`, but at another address. Starts `first` again when another process has its port
   * there.
   */
  static async beside<T extends { port: number }>(first: () => Promise<T>, host: string): Promise<[T, Recorder]> {
    for (let tries = 1; ; tries++) {
      const one = await first();
      try {
        return [one, await Recorder.start(undefined, host, one.port)];
      } catch (error) {
        if (tries === 10) throw error;
      }
    }
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Resolves when this many requests have arrived. */
  received(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((done) => this.waiting.push({ count, done }));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('end', () => {
      const recorded = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      this.requests.push(recorded);
      this.behaviour(recorded, response, this.requests.length);
      this.waiting = this.waiting.filter(({ count, done }) => {
        if (this.requests.length < count) return true;
        done();
        return false;
      });
    });
  }
}
