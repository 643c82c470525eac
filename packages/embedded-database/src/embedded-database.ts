import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries } from './binaries';
import { makeDataFiles } from './data-files';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { Membership } from './membership';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster';
import { runningPostmaster, type Postmaster } from './postmaster-file';
import { handOver } from './product-role';
import { unprivileged } from './unprivileged';

export interface EmbeddedDatabaseOptions {
  /** The directory for the database files, the passwords and the log. It is created if it is missing. */
  directory: string;
  /**
   * Whether to use fsync. Set it to false only for throw-away databases in tests.
   * @default true
   */
  durable?: boolean;
  /**
   * A directory with the programs of a different PostgreSQL, 14 or newer, such as `/usr/lib/postgresql/15/bin`.
   * @default the PostgreSQL that npm installed
   */
  programs?: string | undefined;
  /** Additional server settings, such as `{ max_connections: '200' }`. */
  settings?: Readonly<Record<string, string>>;
  /**
   * Restarts the server on the same port if it stops while this process uses it. The function is called with `null`
   * once the database is back, and with the error after each failed attempt. Attempts continue until `stop` is called.
   * Without this option, the database stays down until another process starts it.
   */
  restarted?: (error: Error | null) => void;
}

export interface EmbeddedDatabase {
  /**
   * Connection URL of the database `postgres` for the role `paggio`. The role owns the schema `paggio` and has no other
   * rights: it cannot create roles, databases or temporary tables, nor access files or programs on the machine.
   */
  readonly url: string;
  /**
   * Connection URL of the same database for the superuser `postgres`. For operators and tests, never for the product.
   */
  readonly superuserUrl: string;
  /** Process id of the server. It changes when the server is restarted. */
  readonly pid: number;
  /** Whether the server was already running, because another process uses it or a killed one left it behind. */
  readonly adopted: boolean;
  /**
   * Leaves the database, and stops the server if no other process uses it. Resolves when that is done. A second call
   * waits for the first.
   */
  stop(this: void): Promise<void>;
}

const START_DEADLINE_MS = 45_000;
const LEAVE_DEADLINE_MS = 10_000;
const JOIN_PAUSE_MS = 100;
const RESTART_PAUSES_MS = [100, 500, 1_000, 2_000, 5_000];

/**
 * Starts PostgreSQL on a directory, or joins the server that already runs there. Any number of processes can use the
 * same directory. The last one to leave stops the server, even if others were killed.
 * @throws EmbeddedDatabaseError with a hint about what to do next
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const cluster = await startCluster(options);
  try {
    const urls = await handOver(cluster.directory, cluster.postmaster.port);
    return {
      ...urls,
      adopted: cluster.adopted,
      get pid() {
        return cluster.postmaster.pid;
      },
      stop: () => cluster.stop(),
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

export async function startCluster(options: EmbeddedDatabaseOptions): Promise<Cluster> {
  const cluster = new Cluster(options);
  await cluster.start();
  return cluster;
}

/** A running server, before the product's role exists in it, and this process's membership among its users. */
export class Cluster {
  readonly directory: string;
  adopted = false;
  private readonly data: string;
  private current: Postmaster | undefined;
  private membership: Membership | undefined;
  private rejoining: Promise<void> | undefined;
  private stopping: Promise<void> | undefined;
  private readonly stopped = new AbortController();

  constructor(private readonly options: EmbeddedDatabaseOptions) {
    this.directory = resolve(options.directory);
    this.data = join(this.directory, 'postgres');
  }

  get postmaster(): Postmaster {
    if (!this.current) throw new Error('The database was not started');
    return this.current;
  }

  async start(): Promise<void> {
    try {
      mkdirSync(this.directory, { recursive: true });
      this.adopted = await this.enter();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
      throw new EmbeddedDatabaseError(
        `The embedded database in ${this.directory} cannot be used by this user: ${message}`,
        'Start it as the user that owns the directory, choose another directory, or set DATABASE_URL.',
      );
    }
  }

  stop(): Promise<void> {
    this.stopping ??= this.leave();
    return this.stopping;
  }

  /** Finds the server or starts it, and joins its users. True if it was already running. */
  private async enter(): Promise<boolean> {
    const deadline = Date.now() + START_DEADLINE_MS;
    for (;;) {
      const found = await findPostmaster(this.data, deadline);
      const postmaster = found ?? (await this.startServer(deadline));
      try {
        if (postmaster && (await this.join(postmaster))) return found !== undefined;
      } catch (error) {
        if (postmaster && !found) await stopPostmaster(postmaster.pid);
        throw error;
      }
      if (Date.now() > deadline) {
        throw new EmbeddedDatabaseError(
          `The PostgreSQL on ${this.data} accepts no connections.`,
          `See its log ${join(this.directory, 'postgres.log')}. Stop other processes that use this directory, and try again.`,
        );
      }
      await sleep(JOIN_PAUSE_MS);
    }
  }

  /** False if the server has stopped in the meantime. */
  private async join(postmaster: Postmaster): Promise<boolean> {
    const membership = await Membership.join(this.directory, postmaster.port);
    if (!membership) return false;
    this.current = postmaster;
    this.membership = membership;
    void this.watch(membership);
    return true;
  }

  private startServer(deadline: number): Promise<Postmaster | undefined> {
    const { durable = true, settings = {} } = this.options;
    const { directory, data } = this;
    const binaries = findBinaries(this.options.programs);
    const user = unprivileged();
    makeDataFiles(directory, data, binaries, user, durable);
    // Keep the port, because the connection URL is already in use.
    const port = this.current?.port;
    return startPostmaster({ directory, data, binaries, user, durable, settings, port }, deadline);
  }

  private async watch(membership: Membership): Promise<void> {
    await membership.ended;
    if (this.membership !== membership || this.stopping) return;
    this.membership = undefined;
    const { restarted } = this.options;
    this.rejoining = restarted ? this.bringBack(restarted) : this.joinAgain();
  }

  /**
   * Joins the same server again after the connection was lost. If that server stops, this use ends with it, even if
   * another process starts a new one.
   */
  private async joinAgain(): Promise<void> {
    const { postmaster } = this;
    const isThere = (): boolean => runningPostmaster(this.data)?.pid === postmaster.pid;
    // A server that is shutting down looks alive but accepts no connections.
    while (!this.stopping && isThere()) {
      if (await this.join(postmaster).catch(() => false)) return isThere() ? undefined : this.part();
      await this.pause(JOIN_PAUSE_MS);
    }
  }

  /** Joins again after the connection was lost, and restarts the server if it has stopped. */
  private async bringBack(restarted: (error: Error | null) => void): Promise<void> {
    const { pid, port } = this.postmaster;
    for (let attempt = 0; !this.stopping; attempt++) {
      try {
        await this.enter();
        if (this.postmaster.port !== port) throw this.moved(port);
        if (this.postmaster.pid !== pid) restarted(null);
        return;
      } catch (error) {
        restarted(error as Error);
        if (this.membership) return;
        await this.pause(RESTART_PAUSES_MS[Math.min(attempt, RESTART_PAUSES_MS.length - 1)]);
      }
    }
  }

  /** Waits, but returns early when `stop` is called. */
  private async pause(ms: number | undefined): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopped.signal }).catch(() => undefined);
  }

  private moved(from: number): EmbeddedDatabaseError {
    return new EmbeddedDatabaseError(
      `The embedded database now runs on port ${this.postmaster.port}, but this process still uses port ${from}.`,
      'Restart this process.',
    );
  }

  private async leave(): Promise<void> {
    this.stopped.abort();
    await this.rejoining;
    const deadline = Date.now() + LEAVE_DEADLINE_MS;
    // If the connection breaks, open it once more: only through it can this process see whether others use the server.
    for (let membership = this.membership; ; membership = undefined) {
      const running = runningPostmaster(this.data);
      if (!running || running.pid !== this.postmaster.pid || Date.now() > deadline) break;
      try {
        membership ??= await Membership.join(this.directory, running.port);
        if (await membership?.leave()) await stopPostmaster(running.pid);
        if (membership) return await membership.close();
      } catch (error) {
        await membership?.close();
        if (error instanceof EmbeddedDatabaseError) break;
      }
      await sleep(50);
    }
    await this.part();
  }

  private async part(): Promise<void> {
    const { membership } = this;
    this.membership = undefined;
    await membership?.close();
  }
}
