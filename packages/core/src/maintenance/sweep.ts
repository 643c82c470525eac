import type { Database } from '../storage/database';

/** Removes expired keys in bounded steps: they no longer count, so this is only about space. */
export async function sweepKeys(database: Database): Promise<void> {
  await database.source.query(
    `delete from paggio.dedup_keys where (endpoint_id, key) in (
       select endpoint_id, key from paggio.dedup_keys where expires_at < now() limit 5000)`,
  );
  await database.source.query(
    `delete from paggio.idempotency_keys where (user_id, mode, operation, key) in (
       select user_id, mode, operation, key from paggio.idempotency_keys where expires_at < now() limit 5000)`,
  );
}
