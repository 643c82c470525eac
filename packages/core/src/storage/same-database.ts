import { randomBytes } from 'node:crypto';
import { PaggioError } from '../errors';
import type { SurvivingClient } from './surviving-client';
import type { TransactionSource } from './transaction-source';

/**
 * Refuses connections of the app that lead to another database than ours. An advisory lock belongs to one database of
 * one server, so a connection that can take a lock that we hold is in another database. This needs no rights, and no
 * host names, which may differ.
 * @param client connected to our database
 */
export async function refuseOtherDatabase(client: SurvivingClient, source: TransactionSource): Promise<void> {
  const lock = (randomBytes(8).readBigUInt64BE() >> 2n).toString();
  await client.query('select pg_catalog.pg_advisory_lock($1)', [lock]);
  const answer = await source
    .run('start', async (_tx, statements) => {
      const [row] = await statements.query<{ free: boolean; readonly: string }>(
        `select pg_catalog.pg_try_advisory_xact_lock($1::bigint) as free,
           pg_catalog.current_setting('transaction_read_only') as readonly`,
        [lock],
      );
      return row;
    })
    .catch((error: unknown) => {
      throw fail(`could not be used: ${error instanceof Error ? error.message : String(error)}`, error);
    });
  if (answer?.free !== false) throw fail("leads to another database than Paggio's own connections");
  if (answer.readonly === 'on') throw fail('has read-only transactions, in which no delivery can be settled');
}

function fail(what: string, cause?: unknown): PaggioError {
  return new PaggioError('CONFLICT', `The DataSource or pool of the app ${what}`, {
    hint: 'It must be initialised before paggio.start(), and connected to the database that Paggio is on. Paggio connects by the settings of `database`.',
    cause,
  });
}
