import { PaggioError } from '../errors';
import { failureOf } from './sql-errors';
import type { SurvivingClient } from './surviving-client';

/** One round finds a pooler that is idle or busy. More of them find one that picks its connections at random. */
const ROUNDS = 3;

/**
 * Refuses a pooler that gives a session another connection for each transaction. Prepared statements, LISTEN, locks and
 * settings of a session get lost there, and some of the webhooks would be answered with 503. PostgreSQL names its
 * process when a connection is made, and a pooler makes up that number, so most starts ask nothing more. Behind a
 * pooler, a second session tries to take the connection of the first, which must keep it.
 * @param client connected, without settings of its own: a pooler would hand them on to others
 * @param another makes a second client of the same kind
 */
export async function refuseTransactionPooler(
  client: SurvivingClient,
  serverProcess: number,
  another: () => SurvivingClient,
): Promise<void> {
  if ((client as unknown as { processID: number | null }).processID === serverProcess) return;
  const other = another();
  await other.connect();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      await other.query('begin');
      const theirs = await processOf(other);
      const ours = await processOf(client).catch((error: unknown) => {
        // The only connection of the pooler is in the other session's transaction.
        if (failureOf(error) === 'timeout') throw refused();
        throw error;
      });
      await other.query('commit');
      if (ours !== serverProcess || theirs === serverProcess) throw refused();
    }
  } catch (error) {
    // Statement mode allows no transactions of several statements.
    if (/statement pooling/i.test(String((error as Error).message))) throw refused();
    throw error;
  } finally {
    await other.end().catch(() => undefined);
  }
}

async function processOf(client: SurvivingClient): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_catalog.pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

function refused(): PaggioError {
  return new PaggioError(
    'CONFLICT',
    'The database URL leads to a pooler in transaction mode, where sessions are not kept',
    {
      hint: 'Use the address of PostgreSQL itself, or one in session mode: port 5432 instead of 6543 at Supabase, the host without "-pooler" at Neon, pool_mode=session of PgBouncer.',
    },
  );
}
