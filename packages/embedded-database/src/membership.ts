import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type DatabaseError } from 'pg';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { isAlive } from './postmaster-file';
import { superuserPasswordFile, superuserUrlOf } from './product-role';

/** The advisory lock that every process which uses the server holds in shared mode. */
const LOCK = 7236611895;
/** Not among the names of Paggio's own connections: this one is the superuser's, and only holds the lock. */
const NAME = 'user of the embedded database, process ';

const HOLDERS = `
  select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
   where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
     and l.classid::bigint = ${Math.floor(LOCK / 2 ** 32)} and l.objid::bigint = ${LOCK % 2 ** 32}`;

/** Both are missing in the types of pg. */
type HeldClient = Client & { ref(): void; unref(): void };

/** How long the connection of a killed process may still be seen. */
const KILLED_MS = 5_000;
const ANSWER_MS = 10_000;
/** Wrong password, or no such role. */
const REFUSED = new Set(['28P01', '28000']);

/**
 * Tells which processes use an embedded database. Each holds a shared lock on a connection of its own, and the kernel
 * closes that connection with the process, however the process ends. So nothing is left behind that has to be judged,
 * such as a file with a process id that belongs to somebody else by now.
 */
export class Membership {
  private constructor(
    private readonly client: Client,
    /** Resolves when the connection has ended, whatever the reason. */
    readonly ended: Promise<void>,
  ) {}

  /**
   * Returns undefined when the server went away meanwhile, for example because its last user is stopping it.
   * @throws EmbeddedDatabaseError when the superuser cannot sign in
   */
  static async join(directory: string, port: number): Promise<Membership | undefined> {
    const client = new Client({
      connectionString: superuserUrlOf(directory, port),
      application_name: NAME + process.pid,
      options:
        '-c search_path=pg_catalog -c idle_session_timeout=0 -c statement_timeout=0 -c log_min_error_statement=panic',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    client.on('error', () => undefined);
    const ended = new Promise<void>((done) => client.once('end', done));
    try {
      await client.connect();
      // Held exclusively by the last user while it stops the server: then this connection ends in a moment.
      while (!(await isTrue(client, `pg_try_advisory_lock_shared(${LOCK})`))) await sleep(20);
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code, message } = error as Partial<DatabaseError>;
      if (!REFUSED.has(code ?? '')) return undefined;
      throw new EmbeddedDatabaseError(
        `The embedded database does not let its superuser in: ${message}`,
        `${superuserPasswordFile(directory)} does not hold the password of the role postgres. Restore the directory from a backup.`,
      );
    }
    // A process that forgets to stop the database can still end.
    (client as HeldClient).unref();
    return new Membership(client, ended);
  }

  /**
   * True when nobody else uses the server: then the caller has to stop it, and nobody can join until `close` or the end
   * of the server. Of several processes that ask at once exactly one is told so.
   */
  async leave(): Promise<boolean> {
    (this.client as HeldClient).ref();
    const deadline = Date.now() + KILLED_MS;
    await this.client.query(`select pg_advisory_unlock_shared(${LOCK})`);
    while (!(await isTrue(this.client, `pg_try_advisory_lock(${LOCK})`))) {
      const { rows } = await this.client.query<{ name: string }>(HOLDERS);
      // PostgreSQL notices a killed process a moment later: that one must not count as a user.
      if (rows.some(({ name }) => isAlive(Number(name.slice(NAME.length)))) || Date.now() > deadline) return false;
      await sleep(20);
    }
    return true;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

/** Counts rows and reads no value: how values are read is a setting of the whole process, which belongs to the host. */
async function isTrue(client: Client, expression: string): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 where ${expression}`);
  return rowCount === 1;
}
