import type { QueryRunner } from 'typeorm';
import { databaseUrlProblem } from './database-option';
import { PaggioError } from '../errors';
import { check, type Arguments } from '../input/check';
import { anyText, members, optional, text } from '../input/shape';
import { resolveConnection } from './connection';
import { Database } from './database';
import { unreachable } from './start-refusal';
import { migrations } from './migrations';

export interface MigrationSqlOptions {
  /**
   * The database that the text is for: migrations that it has already are left out.
   * @default an empty one
   */
  url?: string;
  /** The role that the app connects as. It is granted what the app needs, but no right to change the schema. */
  grantTo?: string;
}

const sqlArguments: Arguments = [
  ['options', members({ url: optional(anyText), grantTo: optional(text(1, 63)) }, { options: true })],
];

/**
 * Returns the migrations as text, for a database administrator to read and run (`psql -v ON_ERROR_STOP=1 -f`). Each
 * records itself as done, so that `migrations: 'check'` finds the schema up to date, and is one transaction with that or
 * a row of statements that may be repeated.
 * @throws PaggioError `VALIDATION_FAILED` for wrong options, and the errors of `migrate`
 */
export async function migrationSql(options: MigrationSqlOptions = {}): Promise<string> {
  check(sqlArguments, [options]);
  const { url, grantTo } = options;
  const applied = url === undefined ? 0 : await appliedIn(databaseAt(url));
  const parts: string[] = [];
  if (applied === 0) {
    parts.push(
      'create schema if not exists paggio;',
      'create table if not exists paggio.migrations (id serial primary key, "timestamp" bigint not null, name varchar not null);',
    );
  }
  for (const Migration of migrations.slice(applied)) {
    const migration = new Migration();
    const statements: string[] = [];
    await migration.up({ query: async (sql: string) => void statements.push(sql) } as unknown as QueryRunner);
    const isWhole = !('transaction' in migration) || migration.transaction;
    const timestamp = /\d{1,20}$/.exec(migration.name)?.[0];
    parts.push(
      [...(isWhole ? ['begin;'] : []), ...statements.map((sql) => `${sql};`)].join('\n\n'),
      `insert into paggio.migrations ("timestamp", name) values (${timestamp}, '${migration.name}');`,
      ...(isWhole ? ['commit;'] : []),
    );
  }
  if (grantTo !== undefined) {
    const role = `"${grantTo.replaceAll('"', '""')}"`;
    parts.push(
      `grant usage on schema paggio to ${role};`,
      `grant select, insert, update, delete on all tables in schema paggio to ${role};`,
      `grant usage, select on all sequences in schema paggio to ${role};`,
    );
  }
  return parts.length === 0 ? '' : `${parts.join('\n\n')}\n`;
}

/**
 * Brings the schema of a database up to date, as a start with `migrations: 'on-start'` does.
 * @returns how many migrations it has now, and how many of them are new
 * @throws PaggioError `BAD_REQUEST` for a URL that cannot be read, `UNAVAILABLE` when the database does not answer, `CONFLICT`
 *   when it cannot be used as it is
 */
export async function migrate(url: string): Promise<{ total: number; applied: number }> {
  const database = databaseAt(url);
  const before = await appliedIn(database);
  await database.open();
  await database.close();
  return { total: migrations.length, applied: migrations.length - before };
}

function databaseAt(url: string): Database {
  const problem = typeof url === 'string' ? databaseUrlProblem(url) : 'must be a string.';
  if (problem !== null)
    throw new PaggioError('BAD_REQUEST', `The database URL ${problem}`, { hint: 'Correct the URL.' });
  const connection = resolveConnection({ connectionString: url });
  return new Database({ connection, migrations: 'on-start', transactions: null, transactionConnections: 1 });
}

async function appliedIn(database: Database): Promise<number> {
  const client = database.client('probe');
  try {
    await client.connect();
    const present = await client.query<{ there: boolean }>(
      `select to_regclass('paggio.migrations') is not null as there`,
    );
    if (!present.rows[0]?.there) return 0;
    const { rows } = await client.query<{ count: number }>('select count(*)::int as count from paggio.migrations');
    return rows[0]?.count ?? 0;
  } catch (error) {
    throw unreachable(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
