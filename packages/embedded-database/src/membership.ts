import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type DatabaseError } from 'pg';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { isAlive } from './postmaster-file';
import { superuserPasswordFile, superuserUrlOf } from './product-role';

/** The advisory lock that every process using the server holds in shared mode. */
const LOCK = 7236611895;
/** Names the connection that holds the lock. The name differs from those of Paggio's own connections. */
const NAME = 'user of the embedded database, process ';

const HOLDERS = `
  select a.application_name as name from pg_locks l join pg_stat_activity a on a.pid = l.pid
   where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and l.pid <> pg_backend_pid()
     and l.classid::bigint = ${Math.floor(LOCK / 2 ** 32)} and l.objid::bigint = ${LOCK % 2 ** 32}`;

/** The types of pg lack both methods. */
type HeldClient = Client & { ref(): void; unref(): void };

/** How long the connection of a killed process may remain visible. */
const KILLED_MS = 5_000;
const ANSWER_MS = 10_000;
/** The SQLSTATEs for a wrong password and a missing role. */
const REFUSED = new Set(['28P01', '28000']);

/**
 * Tracks which processes use an embedded database. Each holds a shared lock on its own connection, and the kernel
 * closes that connection when the process ends, however it ends. So no leftovers need to be interpreted, such as a file
 * with a process id that now belongs to a different program.
 */
export class Membership {
  private constructor(
    private readonly client: Client,
    /** Resolves when the connection has ended, for whatever reason. */
    readonly ended: Promise<void>,
  ) {}

  /**
   * Joins the users of the server. Returns undefined if the server is gone, for example because its last user is
   * stopping it.
   * @throws EmbeddedDatabaseError if the superuser cannot sign in
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
      // The last user holds the lock exclusively while it stops the server, which soon ends this connection.
      while (!(await isTrue(client, `pg_try_advisory_lock_shared(${LOCK})`))) await sleep(20);
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code, message } = error as Partial<DatabaseError>;
      if (!REFUSED.has(code ?? '')) return undefined;
      throw new EmbeddedDatabaseError(
        `The superuser cannot sign in to the embedded database: ${message}`,
        `${superuserPasswordFile(directory)} does not contain the password of the role postgres. Restore the directory from a backup.`,
      );
    }
    // The connection must not keep a process alive that forgets to stop the database.
    (client as HeldClient).unref();
    return new Membership(client, ended);
  }

  /**
   * Leaves the users of the server. True if no other process uses it: then the caller must stop it, and no process can
   * join until `close` or the end of the server. If several processes leave at once, exactly one gets true.
   */
  async leave(): Promise<boolean> {
    (this.client as HeldClient).ref();
    const deadline = Date.now() + KILLED_MS;
    await this.client.query(`select pg_advisory_unlock_shared(${LOCK})`);
    while (!(await isTrue(this.client, `pg_try_advisory_lock(${LOCK})`))) {
      const { rows } = await this.client.query<{ name: string }>(HOLDERS);
      // PostgreSQL notices a killed process with a delay. Such a process must not count as a user.
      if (rows.some(({ name }) => isAlive(Number(name.slice(NAME.length)))) || Date.now() > deadline) return false;
      await sleep(20);
    }
    return true;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}

/**
 * Tests an expression by counting rows. It reads no values, because the host app may have changed how pg parses them.
 */
async function isTrue(client: Client, expression: string): Promise<boolean> {
  const { rowCount } = await client.query(`select 1 where ${expression}`);
  return rowCount === 1;
}
