import type { Database } from './database';

/** Removes expired de-duplication keys in bounded steps: expired ones no longer count, so this is only about space. */
export async function sweepDedupKeys(database: Database): Promise<void> {
  await database.source.query(
    `delete from paggio.dedup_keys where (endpoint_id, key) in (
       select endpoint_id, key from paggio.dedup_keys where expires_at < now() limit 5000)`,
  );
}
