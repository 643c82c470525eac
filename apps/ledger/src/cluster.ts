import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedDatabase, type EmbeddedDatabase } from '@paggio/embedded-database';
import { Client } from 'pg';
import { freePort } from './free-port';
import { query } from './installation';

/** How a database ends. `immediate` is `pg_ctl stop -m immediate`; `kill` kills the postmaster alone. */
export type DatabaseEnd = 'immediate' | 'kill';

/** A PostgreSQL server with fsync on. It can be killed, and comes back at the same address. */
export class Cluster {
  private constructor(
    readonly directory: string,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly programs: string | undefined,
    private running: EmbeddedDatabase,
  ) {}

  /** @param programs the programs of another PostgreSQL than the embedded one */
  static async start(
    directory: string,
    programs?: string,
    settings: Readonly<Record<string, string>> = {},
  ): Promise<Cluster> {
    const all = { port: String(await freePort()), max_connections: '300', ...settings };
    return new Cluster(directory, all, programs, await startEmbeddedDatabase({ directory, settings: all, programs }));
  }

  /** Starts another server of the same PostgreSQL. */
  beside(directory: string, settings: Readonly<Record<string, string>> = {}): Promise<Cluster> {
    return Cluster.start(directory, this.programs, settings);
  }

  /** Starts a standby that follows this server by streaming replication and answers reads. */
  async follow(directory: string): Promise<Cluster> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      // The low-level backup of the PostgreSQL documentation, 25.3.3. Its end returns the label.
      await client.query(`select pg_backup_start('ledger', true)`);
      mkdirSync(directory, { recursive: true });
      const to = join(directory, 'postgres');
      cpSync(this.dataDirectory, to, { recursive: true, filter: (path) => !path.endsWith('postmaster.pid') });
      const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
      writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
      writeFileSync(join(to, 'standby.signal'), '');
    } finally {
      await client.end();
    }
    const password = readFileSync(join(this.directory, 'postgres.password'), 'utf8').trim();
    for (const file of ['postgres.password', 'paggio.password'])
      copyFileSync(join(this.directory, file), join(directory, file));
    const primary = `host=127.0.0.1 port=${this.port} user=postgres password=${password} application_name=standby`;
    return this.beside(directory, { primary_conninfo: primary });
  }

  /** The URL of the superuser, because the ledger makes databases, backups and standbys. */
  get url(): string {
    return this.running.superuserUrl;
  }

  get port(): number {
    return Number(this.settings['port']);
  }

  get dataDirectory(): string {
    return join(this.directory, 'postgres');
  }

  /** Ends the server without letting it finish anything. Resolves when it is gone. */
  async end(how: DatabaseEnd): Promise<void> {
    const { pid } = this.running;
    process.kill(pid, how === 'immediate' ? 'SIGQUIT' : 'SIGKILL');
    while (isAlive(pid)) await sleep(5);
  }

  /** Starts the server again. Resolves when it accepts statements. */
  async start(): Promise<void> {
    this.running = await startEmbeddedDatabase({
      directory: this.directory,
      settings: this.settings,
      programs: this.programs,
    });
    await query(this.url, 'select 1');
  }

  async stop(): Promise<void> {
    await this.running.stop();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
