import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A direction that was silent for longer than this does not send faster to catch up. */
const LATE_MS = 50;

/** What the network does to the bytes that pass. */
export interface NetworkFault {
  /** Each piece arrives this much later. */
  latencyMs?: number;
  /** The chance that a piece resets its connection: 0 to 1. */
  resetChance?: number;
  /** The limit of each direction of a connection. */
  bytesPerSecond?: number;
  /** Nothing arrives in either direction, and neither side notices; new connections hang too. */
  blackhole?: boolean;
  /** The server receives everything, but none of its answers arrives. */
  halfOpen?: boolean;
  /** New connections are refused. */
  refuse?: boolean;
}

/** Decides whether the connection is cut before the answer to these bytes of the client arrives. */
export type Cut = (asked: Buffer) => boolean;

interface Pair {
  client: Socket;
  server: Socket;
}

/** A network between a client and a server on loopback that the ledger can disturb. */
export class TcpProxy {
  fault: NetworkFault = {};
  /** Connections that were cut by `cutBefore`. */
  cuts = 0;
  /** Replaces a word in what clients send with another of the same length. */
  renamed: { from: string; to: string } | undefined;
  private cut: Cut | undefined;
  private readonly pairs = new Set<Pair>();
  private readonly swallowed = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Where new connections go. It can change, as when a host name moves to another machine. */
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

  /** The same URL, through the proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String(this.port);
    return changed.href;
  }

  /** Cuts a connection when its server begins to answer such bytes, so that the answer never arrives. */
  cutBefore(cut: Cut | undefined): void {
    this.cut = cut;
  }

  /** Resets every open connection. */
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
    // In a black hole a connection is never established: the client waits until its own time limit.
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
            // The due times add up, so a timer that fires late makes the next wait shorter.
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
