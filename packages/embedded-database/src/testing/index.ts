import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { KeptClient, queryOnce } from './kept-client';

export { copyClusterFiles } from './cluster-files';
export { startEarlierDatabase, type EarlierDatabase } from './earlier-version';
export { throwAwayDirectory } from './throw-away-directory';

/** The name of a role that signs in with SCRAM. A test that needs one creates it. */
export const SCRAM_ROLE = 'paggio_scram';

/** The kept connections to the databases of this suite, by URL. */
const kept = new Map<string, KeptClient>();

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Creates a database for one suite. It is empty, or a copy of a template. */
export async function createTestDatabase(template?: string): Promise<TestDatabase> {
  const admin = administrator();
  const name = `paggio_test_${randomBytes(6).toString('hex')}`;
  const url = urlOf(name);
  const from = template === undefined ? '' : ` template ${template}`;
  await query(admin, `create database ${name}${from}${await strategyOf(admin)}`);
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

let strategy: string | undefined;

/**
 * The clause that makes the server copy files without writing them to its log. This takes less than half of the CPU
 * time. PostgreSQL 14 always does so.
 */
async function strategyOf(url: string): Promise<string> {
  if (strategy === undefined) {
    const [row] = await query<{ version: number }>(url, `select current_setting('server_version_num')::int as version`);
    strategy = (row?.version ?? 0) >= 150_000 ? ' strategy file_copy' : '';
  }
  return strategy;
}

/**
 * Creates the template database that other databases are copied from. The first suite that needs it creates it, once
 * per run.
 * @param fill creates the schema in it
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
      // An earlier attempt may have failed halfway.
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

/** Runs `act` while no other test file runs anything under the same name. */
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

/** Drops the template, for a server that outlives the run. */
export async function dropTestTemplate(): Promise<void> {
  const name = `paggio_test_template_${process.env['PAGGIO_TEST_RUN']}`;
  // PostgreSQL does not drop a database while it is a template.
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

/** Runs SQL as an operator at a console would. */
export async function query<T>(url: string, sql: string): Promise<T[]> {
  return kept.get(url)?.query<T>(sql) ?? queryOnce<T>(url, sql);
}
