import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase, type EmbeddedDatabaseOptions } from '@paggio/embedded-database';
import { Client } from 'pg';

/** A database with fsync and synchronous_commit on, in a directory that is removed afterwards. */
export class Workspace {
  private constructor(
    readonly directory: string,
    /** Connects as the role of the product. */
    readonly databaseUrl: string,
    /** Connects as the superuser, which makes the databases of other products. */
    readonly superuserUrl: string,
    private readonly end: () => Promise<unknown>,
  ) {}

  static async open(options: Pick<EmbeddedDatabaseOptions, 'programs' | 'settings'> = {}): Promise<Workspace> {
    const directory = mkdtempSync(join(tmpdir(), 'paggio-bench-'));
    const database = await startEmbeddedDatabase({ directory, ...options });
    return new Workspace(directory, database.url, database.superuserUrl, () => database.stop());
  }

  async query<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    const client = new Client({ connectionString: this.superuserUrl });
    await client.connect();
    try {
      return (await client.query(sql, values)).rows as T[];
    } finally {
      await client.end();
    }
  }

  /** How many statements were committed so far. On the hot paths, each statement is a transaction of its own. */
  async statements(): Promise<number> {
    // PostgreSQL's sessions report their counts at most once a second, and when they are idle.
    await new Promise((done) => setTimeout(done, 1_100));
    const [row] = await this.query<{ count: string }>(
      'select xact_commit as count from pg_stat_database where datname = current_database()',
    );
    return Number(row?.count);
  }

  async close(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
