import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { KeptClient, queryOnce } from './kept-client';

export { copyClusterFiles } from './cluster-files';
export { startEarlierDatabase, type EarlierDatabase } from './earlier-version';
export { throwAwayDirectory } from './throw-away-directory';

/** By URL: of the databases that this suite has made. */
const kept = new Map<string, KeptClient>();

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for one suite: empty, or a copy of a template. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const admin = administrator();
  const name = `paggio_test_${randomBytes(6).toString('hex')}`;
  const url = urlOf(name);
  await query(admin, `create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  const own = new KeptClient(url);
  kept.set(url, own);
  return {
    url,
    async drop() {
      kept.delete(url);
      await own.close();
      await query(admin, `drop database if exists ${name} with (force)`);
    },
  };
}

/**
 * A database for others to be copied from, made once per run, by the first suite that needs it.
 * @param fill puts the schema into it
 * @returns its name
 */
export async function createTestTemplate(fill: (url: string) => Promise<unknown>): Promise<string> {
  const name = `paggio_test_template_${process.env['PAGGIO_TEST_RUN']}`;
  const client = new Client({ connectionString: administrator() });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    const { rowCount } = await client.query('select from pg_database where datname = $1 and datistemplate', [name]);
    if (rowCount === 0) {
      // An earlier attempt may have failed half-way.
      await client.query(`drop database if exists ${name}`);
      await client.query(`create database ${name}`);
      await fill(urlOf(name));
      await client.query(`alter database ${name} is_template true allow_connections false`);
    }
  } finally {
    await client.end();
  }
  return name;
}

/** Runs `act` while no other test file does anything under this name. */
export async function alone<T>(name: string, act: () => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: administrator() });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock(hashtext($1))', [name]);
    return await act();
  } finally {
    await client.end();
  }
}

/** Drops what a run leaves on a server that outlives it. */
export async function dropTestTemplate(): Promise<void> {
  const name = `paggio_test_template_${process.env['PAGGIO_TEST_RUN']}`;
  // PostgreSQL drops no template.
  await query(administrator(), `update pg_database set datistemplate = false where datname = '${name}'`);
  await query(administrator(), `drop database if exists ${name}`);
}

function administrator(): string {
  const url = process.env['PAGGIO_TEST_DATABASE_URL'];
  if (!url) throw new Error('Tests that need a database run through Jest with the shared preset.');
  if (!kept.has(url)) kept.set(url, new KeptClient(url));
  return url;
}

function urlOf(name: string): string {
  const url = new URL(administrator());
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs statements as an operator with a console would. */
export async function query<T>(url: string, sql: string): Promise<T[]> {
  return kept.get(url)?.query<T>(sql) ?? queryOnce<T>(url, sql);
}
