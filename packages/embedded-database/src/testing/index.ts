import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export { startEarlierDatabase, type EarlierDatabase } from './earlier-version';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for one suite. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const admin = process.env['PAGGIO_TEST_DATABASE_URL'];
  if (!admin) throw new Error('Tests that need a database run through Jest with the shared preset.');
  const name = `paggio_test_${randomBytes(6).toString('hex')}`;
  await query(admin, `create database ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return { url: url.href, drop: async () => void (await query(admin, `drop database if exists ${name} with (force)`)) };
}

/** Runs statements as an operator with a console would. */
export async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = await client.query(sql);
    return (result.rows ?? []) as T[];
  } finally {
    await client.end();
  }
}
