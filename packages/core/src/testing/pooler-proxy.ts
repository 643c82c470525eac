import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A connection to PostgreSQL, and the client that uses it at the moment. */
interface Backend {
  socket: Socket;
  client: Socket | null;
  received: Buffer;
}

/**
 * Stands between clients and PostgreSQL as a pooler does. In `transaction` mode a client gets the connection that was used
 * last for each transaction; in `session` mode it keeps its own. Clients get a made-up process id, as from PgBouncer.
 */
export class PoolerProxy {
  private readonly idle: Backend[] = [];
  private readonly pooled = new WeakSet<Backend>();
  private readonly sockets = new Set<Socket>();
  readonly url: string;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
    private readonly mode: 'transaction' | 'session',
  ) {
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    this.url = url.href;
  }

  static async start(url: string, mode: 'transaction' | 'session'): Promise<PoolerProxy> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const proxy = new PoolerProxy(server, new URL(url), mode);
    server.on('connection', (client) => proxy.serve(client));
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  /** Each client logs in on a connection of its own, which then joins the others. */
  private serve(client: Socket): void {
    const socket = connect(Number(this.target.port), this.target.hostname);
    let backend: Backend | null = { socket, client, received: Buffer.alloc(0) };
    this.track(client).on('close', () => {
      if (this.mode === 'session') socket.destroy();
    });
    const own = backend;
    this.track(socket).on('data', (bytes) => this.answer(own, bytes));
    client.on('data', (bytes: Buffer) => {
      if (backend?.client !== client) backend = this.take(client);
      // The message Terminate is meant for the pooler.
      if (this.mode === 'transaction' && bytes[0] === 0x58) client.end();
      else backend?.socket.write(bytes);
    });
  }

  private take(client: Socket): Backend | null {
    const backend = this.idle.pop() ?? null;
    if (backend) backend.client = client;
    return backend;
  }

  /** Passes messages on, and gives the connection back when no transaction is open. */
  private answer(backend: Backend, bytes: Buffer): void {
    backend.received = Buffer.concat([backend.received, bytes]);
    for (;;) {
      const { received } = backend;
      if (received.length < 5) return;
      const length = received.readInt32BE(1) + 1;
      if (received.length < length) return;
      const message = Buffer.from(received.subarray(0, length));
      backend.received = received.subarray(length);
      // The process id of the server, with the key to cancel.
      if (message[0] === 0x4b) randomBytes(3).copy(message, 6);
      backend.client?.write(message);
      const isReady = message[0] === 0x5a && message[5] === 0x49;
      if (isReady && this.mode === 'transaction') {
        backend.client = null;
        // A new connection is taken last, so that the connection that was used last is taken first.
        if (this.pooled.has(backend)) this.idle.push(backend);
        else this.idle.unshift(backend);
        this.pooled.add(backend);
      }
    }
  }

  private track(socket: Socket): Socket {
    this.sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
