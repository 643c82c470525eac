import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A direction that was silent for longer has nothing to make up for. */
const LATE_MS = 50;

/** What a network does to bytes on their way. */
export interface NetworkFault {
  /** Each piece arrives so much later. */
  latencyMs?: number;
  /** This part of the pieces ends their connection with a reset: 0 to 1. */
  resetChance?: number;
  /** In each direction and connection. */
  bytesPerSecond?: number;
  /** Nothing arrives any more, in neither direction, and nobody is told; new connections hang too. */
  blackhole?: boolean;
  /** What the server says does not arrive, though it hears everything. */
  halfOpen?: boolean;
  /** New connections are refused. */
  refuse?: boolean;
}

/** Whether the connection is cut before the answer to what a client sent arrives. */
export type Cut = (asked: Buffer) => boolean;

interface Pair {
  client: Socket;
  server: Socket;
}

/** A network between a client and a server on loopback, that can be broken. */
export class TcpProxy {
  fault: NetworkFault = {};
  /** Connections that were cut by `cutBefore`. */
  cuts = 0;
  /** What a client says is passed on with this word in place of that one, of the same length. */
  renamed: { from: string; to: string } | undefined;
  private cut: Cut | undefined;
  private readonly pairs = new Set<Pair>();
  private readonly swallowed = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Where new connections go: a host name may come to mean another machine. */
    public target: { host: string; port: number },
    private readonly random: () => number,
  ) {}

  static async start(target: { host: string; port: number }, random: () => number): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, target, random);
    server.on('connection', (client) => proxy.take(client));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The same URL, by way of the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String(this.port);
    return changed.href;
  }

  /** Cuts connections whose server has heard this and begins to answer: the answer never arrives. */
  cutBefore(cut: Cut | undefined): void {
    this.cut = cut;
  }

  /** Resets every connection that there is. */
  resetAll(): void {
    for (const { client, server } of this.pairs) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  async stop(): Promise<void> {
    this.resetAll();
    for (const client of this.swallowed) client.destroy();
    await new Promise((done) => this.server.close(done));
  }

  private take(client: Socket): void {
    client.on('error', () => undefined);
    if (this.fault.refuse) return void client.resetAndDestroy();
    // In a black hole a connection is never made: the client's own limit ends its waiting.
    if (this.fault.blackhole) {
      this.swallowed.add(client.on('close', () => this.swallowed.delete(client)).resume());
      return;
    }
    const server = connect(this.target);
    const pair = { client, server };
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    server.on('error', () => undefined);
    for (const side of [client, server]) {
      side.setNoDelay(true);
      side.on('close', end);
    }
    let asked: Buffer[] = [];
    this.pump(client, server, (piece) => {
      if (this.cut) asked.push(piece);
      this.rename(piece);
      return false;
    });
    this.pump(server, client, () => {
      if (this.fault.halfOpen) return true;
      const question = Buffer.concat(asked);
      asked = [];
      if (!this.cut?.(question)) return false;
      this.cuts++;
      client.resetAndDestroy();
      server.resetAndDestroy();
      return true;
    });
  }

  private rename(piece: Buffer): void {
    if (!this.renamed) return;
    const { from, to } = this.renamed;
    for (let at = piece.indexOf(from); at >= 0; at = piece.indexOf(from, at + from.length)) piece.write(to, at);
  }

  /** @param swallow whether a piece must not arrive */
  private pump(from: Socket, to: Socket, swallow: (piece: Buffer) => boolean): void {
    const { random } = this;
    let ready = Promise.resolve();
    let dueAt = 0;
    from.on('data', (piece: Buffer) => {
      const { latencyMs, resetChance, bytesPerSecond, blackhole } = this.fault;
      if (blackhole || swallow(piece)) return;
      if (resetChance !== undefined && random() < resetChance) {
        from.resetAndDestroy();
        to.resetAndDestroy();
        return;
      }
      if (latencyMs === undefined && bytesPerSecond === undefined) return void (to.writable && to.write(piece));
      from.pause();
      ready = ready.then(async () => {
        if (latencyMs !== undefined) await sleep(latencyMs);
        const size = bytesPerSecond === undefined ? piece.length : Math.max(1, Math.floor(bytesPerSecond / 10));
        for (let at = 0; at < piece.length; at += size) {
          const part = piece.subarray(at, at + size);
          if (bytesPerSecond !== undefined) {
            // Counted on: what one timer is late, the next one is not.
            const now = performance.now();
            if (now - dueAt > LATE_MS) dueAt = now;
            dueAt += (part.length * 1000) / bytesPerSecond;
            await sleep(dueAt - now);
          }
          if (to.writable) to.write(part);
        }
        from.resume();
      });
    });
    from.on('end', () => void ready.then(() => to.end()));
    from.resume();
  }
}
