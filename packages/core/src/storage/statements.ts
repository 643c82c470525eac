import type { QueryConfig } from 'pg';
import { dropValues } from './database-error';
import { ownTypes } from './type-parsers';

/**
 * What a transaction of the host is to Paggio: a client of pg, or TypeORM's EntityManager or QueryRunner. Anything else with
 * a `query` that takes a text with `$1` and the values, and answers with rows or `{ rows }`, will do.
 */
export interface Transaction {
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

/** Runs a statement and returns its rows: `statementsOf` a transaction, or TypeORM's DataSource, EntityManager or QueryRunner. */
export interface Statements {
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
}

/**
 * Paggio's own statements in a transaction. Both kinds of answers get one shape, results are read by parsers of our own
 * where the driver is pg, and errors do not carry the values of a statement into the app.
 */
export function statementsOf(transaction: Transaction): Statements {
  return {
    async query<Row>(sql: string, values?: unknown[]): Promise<Row[]> {
      const answer = await answerOf(transaction, sql, values);
      return (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as Row[];
    },
  };
}

async function answerOf(transaction: Transaction, sql: string, values?: unknown[]): Promise<unknown> {
  const client = await clientOf(transaction);
  try {
    if (client === undefined) return await transaction.query(sql, values);
    return await client.query({ text: sql, values: values ?? [], types: ownTypes });
  } catch (error) {
    dropValues(error);
    throw error;
  }
}

interface Client {
  query(config: QueryConfig): Promise<unknown>;
}

/**
 * The client of pg behind a transaction, which takes parsers with a statement. TypeORM hands out the one that its query
 * runner is using.
 */
async function clientOf(transaction: Transaction): Promise<Client | undefined> {
  if (isClient(transaction)) return transaction;
  const runner = (transaction as { queryRunner?: unknown }).queryRunner ?? transaction;
  const { connect, isTransactionActive } = runner as {
    connect?: () => Promise<unknown>;
    isTransactionActive?: unknown;
  };
  if (isTransactionActive !== true || typeof connect !== 'function') return undefined;
  const client: unknown = await connect.call(runner);
  return isClient(client) ? client : undefined;
}

function isClient(value: unknown): value is Client {
  const { query, getTypeParser } = (value ?? {}) as Record<string, unknown>;
  return typeof query === 'function' && typeof getTypeParser === 'function';
}
