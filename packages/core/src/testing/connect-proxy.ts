import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ConnectProxySettings {
  /** `user:password` that it asks for. */
  credentials?: string;
  /** Where targets lead. A target without an entry is dialled as it is. */
  routes?: Readonly<Record<string, { host: string; port: number }>>;
  /** The status with which it refuses a target. `null` opens the tunnel. */
  refuse?: (target: string) => number | null;
  /** Whether it never answers. */
  silent?: boolean;
  tls?: { key: Buffer; cert: Buffer };
}

/** An HTTP proxy on a real socket that opens tunnels (CONNECT) and records its requests. */
export class ConnectProxy {
  /** Targets of CONNECT. */
  readonly asked: string[] = [];
  /** Requests that came without CONNECT. */
  readonly others: string[] = [];
  private readonly sockets = new Set<Duplex>();

  private constructor(
    private readonly server: Server,
    readonly settings: ConnectProxySettings,
  ) {}

  static async start(settings: ConnectProxySettings = {}, host = '127.0.0.1'): Promise<ConnectProxy> {
    const server = settings.tls ? createSecureServer(settings.tls) : createServer();
    const proxy = new ConnectProxy(server, settings);
    server.on('connect', (request, socket, head) => proxy.tunnel(request, socket, head));
    server.on('request', (request, response) => {
      proxy.others.push(`${request.method} ${request.url}`);
      response.writeHead(405).end();
    });
    server.on('connection', (socket: Socket) => proxy.sockets.add(socket.on('error', () => undefined)));
    await new Promise<void>((done) => server.listen(0, host, done));
    server.unref();
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private tunnel(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = request.url ?? '';
    this.asked.push(target);
    socket.on('error', () => undefined);
    const { credentials, refuse, routes = {}, silent } = this.settings;
    if (silent) return;
    const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
    const answer = (status: number): void =>
      void socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    if (expected && request.headers['proxy-authorization'] !== expected) return answer(407);
    const refused = refuse?.(target) ?? null;
    if (refused !== null) return answer(refused);
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(target) ?? [];
    const to = routes[target] ?? { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
    const through = connect(to);
    this.sockets.add(through);
    through.on('error', () => answer(502));
    through.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      through.write(head);
      socket.pipe(through).pipe(socket);
      socket.on('close', () => through.destroy());
      through.on('close', () => socket.destroy());
    });
  }
}
