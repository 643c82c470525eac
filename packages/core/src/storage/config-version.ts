import type { EntityManager } from 'typeorm';
import type { Database } from './database';

/** Runs a change of endpoints or keys in a transaction that also raises the configuration version. */
export async function withConfigVersion<T>(
  database: Database,
  work: (manager: EntityManager) => Promise<T>,
): Promise<{ result: T; version: number }> {
  return database.source.transaction(async (manager) => {
    const result = await work(manager);
    // Last, because the row stays locked until the commit.
    const [rows] = await manager.query<[{ version: string }[], number]>(
      'update paggio.state set config_version = config_version + 1 returning config_version as version',
    );
    return { result, version: Number(rows[0]?.version) };
  });
}
