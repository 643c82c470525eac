import { Pool, type PoolConfig } from 'pg';

/**
 * A pool as an app has it, with the listener that pg asks for. `end()` resolves before the connections have closed: when
 * the test's database is dropped right after it, the server may still end one of them, which must not end the test.
 */
export function hostPool(config: PoolConfig): Pool {
  return new Pool(config).on('error', () => undefined);
}
