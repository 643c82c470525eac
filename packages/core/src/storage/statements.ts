import type { QueryConfig } from 'pg';
import { dropValues } from './database-error';
import { ownTypes } from './type-parsers';

/**
 * A transaction of the host: a client of pg, or TypeORM's EntityManager or QueryRunner. Any other object will do whose
 * `query` takes a text with `$1` and the values, and resolves with rows or `{ rows }`.
 */
export interface Transaction {
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

/** Runs a statement and returns its rows: `statementsOf` a transaction, or TypeORM's DataSource, EntityManager or QueryRunner. */
export interface Statements {
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
}

export interface TransactionStatements extends Statements {
  /**
   * Runs a statement whose plan stays prepared in the session, where the driver is pg.
   * @param name the same for the same text
   */
  prepared<Row>(name: string, sql: string, values: unknown[]): Promise<Row[]>;
}

/**
 * Runs Paggio's own statements in a transaction. Both kinds of answers get one shape. If the driver is pg, our own
 * parsers read the results. Errors do not carry the values of a statement into the app.
 */
export function statementsOf(transaction: Transaction): TransactionStatements {
  const rowsOf = async <Row>(sql: string, values?: unknown[], name?: string): Promise<Row[]> => {
    const answer = await answerOf(transaction, sql, values, name);
    return (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as Row[];
  };
  return {
    query: (sql, values) => rowsOf(sql, values),
    prepared: (name, sql, values) => rowsOf(sql, values, name),
  };
}

async function answerOf(
  transaction: Transaction,
  sql: string,
  values: unknown[] | undefined,
  name: string | undefined,
): Promise<unknown> {
  const client = await clientOf(transaction);
  try {
    if (client === undefined) return await transaction.query(sql, values);
    return await client.query({ name, text: sql, values: values ?? [], types: ownTypes });
  } catch (error) {
    dropValues(error);
    throw error;
  }
}

interface Client {
  query(config: QueryConfig): Promise<unknown>;
}

/**
 * Returns the client of pg behind a transaction, because only a client takes parsers with a statement. TypeORM hands
 * out the client that its query runner is using.
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
