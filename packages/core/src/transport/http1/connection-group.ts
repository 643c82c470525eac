import type { Connector, Peer } from '../connector';
import { Connection, type ConnectionOwner } from './connection';
import type { Exchange } from './exchange';

const MAX_CONNECTIONS = 128;
/** How often connections are looked for that have been idle for too long. */
const SWEEP_MS = 1_000;

/** The connections to one destination, and the exchanges that wait for one. */
export class ConnectionGroup implements ConnectionOwner {
  private readonly all = new Set<Connection>();
  /** The last of them was used last, and is used next: it is the least likely to have been closed meanwhile. */
  private readonly free: Connection[] = [];
  private readonly waiting: Exchange[] = [];
  /** Exchanges that are to be repeated. They wait for a new connection, because any other may have been closed too. */
  private readonly repeats: Exchange[] = [];
  private connecting = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private isRetired = false;
  private isDestroyed = false;
  private ended: (() => void)[] = [];

  /** @param onUnused called when the last connection has closed and nothing waits */
  constructor(
    private readonly connector: Pick<Connector, 'connect'>,
    private readonly peer: Peer,
    private readonly host: string,
    private readonly onUnused: (group: ConnectionGroup) => void,
  ) {}

  send(exchange: Exchange): void {
    try {
      exchange.headFor(this.host);
    } catch (error) {
      exchange.reader.fail(error as Error);
      return this.endIfUnused();
    }
    const connection = this.takeFree();
    if (connection) return connection.send(exchange);
    this.waiting.push(exchange);
    // Only now, because a group without connections and exchanges ends.
    this.sweep();
    this.connectMore();
  }

  /** Serves what waits, and closes each connection when it is free. Resolves when all have closed. */
  async retire(): Promise<void> {
    this.isRetired = true;
    for (const connection of this.free.splice(0)) connection.destroy();
    if (!this.isUnused) await new Promise<void>((done) => this.ended.push(done));
  }

  /** Closes everything at once. What is under way or waits fails. */
  destroy(): Promise<void> {
    this.isDestroyed = true;
    clearInterval(this.sweeper);
    const closed = new Error('the transport was closed');
    for (const connection of [...this.all]) connection.destroy(closed);
    for (const exchange of [...this.repeats.splice(0), ...this.waiting.splice(0)]) exchange.reader.fail(closed);
    return Promise.resolve();
  }

  onFree(connection: Connection): void {
    const exchange = (connection.isNew ? next(this.repeats) : undefined) ?? next(this.waiting);
    if (exchange) return connection.send(exchange);
    // A repeat for which nothing is being connected needs its place.
    if (this.isRetired || this.repeats.length > this.connecting) return connection.destroy();
    connection.rest();
    this.free.push(connection);
    this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  onClosed(connection: Connection, repeat: Exchange | null): void {
    this.all.delete(connection);
    const place = this.free.indexOf(connection);
    if (place >= 0) this.free.splice(place, 1);
    if (repeat) {
      repeat.wasRepeated = true;
      this.repeats.push(repeat);
    }
    this.connectMore();
    this.endIfUnused();
  }

  private get isUnused(): boolean {
    return this.all.size === 0 && this.connecting === 0 && this.wanted === 0;
  }

  private get wanted(): number {
    return this.repeats.length + this.waiting.length;
  }

  /** The connection that was used last, unless it has been idle for too long. */
  private takeFree(): Connection | undefined {
    const last = this.free.at(-1);
    return last !== undefined && last.idleUntil > performance.now() ? this.free.pop() : undefined;
  }

  private connectMore(): void {
    if (this.isDestroyed) return;
    while (this.connecting < this.wanted && this.all.size + this.connecting < MAX_CONNECTIONS) {
      this.connecting++;
      void this.connect();
    }
  }

  private async connect(): Promise<void> {
    const opened = await this.connector.connect(this.peer, true).catch((error: Error) => error);
    this.connecting--;
    if (opened instanceof Error) {
      (next(this.repeats) ?? next(this.waiting))?.reader.fail(opened);
      this.connectMore();
    } else if (this.isDestroyed) opened.destroy();
    else {
      const connection = new Connection(opened, this.host, this);
      this.all.add(connection);
      this.onFree(connection);
    }
    this.endIfUnused();
  }

  private sweep(): void {
    const now = performance.now();
    for (const connection of this.free.filter(({ idleUntil }) => idleUntil <= now)) connection.destroy();
    this.endIfUnused();
  }

  private endIfUnused(): void {
    if (this.free.length === 0) {
      clearInterval(this.sweeper);
      this.sweeper = undefined;
    }
    if (!this.isUnused) return;
    for (const done of this.ended.splice(0)) done();
    if (!this.isRetired && !this.isDestroyed) this.onUnused(this);
  }
}

/** Takes the first exchange whose deadline has not passed. */
function next(exchanges: Exchange[]): Exchange | undefined {
  for (;;) {
    const exchange = exchanges.shift();
    if (exchange === undefined || !exchange.reader.isSettled) return exchange;
  }
}
