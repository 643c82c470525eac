import { dropValues } from './database-error';

/**
 * What a transaction of the host is to Paggio: a client of pg, or TypeORM's EntityManager or QueryRunner. Anything else with
 * a `query` that takes a text with `$1` and the values, and answers with rows or `{ rows }`, will do.
 */
export interface Transaction {
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

/** Runs a statement and returns its rows. */
export interface Statements {
  query<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
}

/** One shape for the two kinds of answers. Errors of Paggio's statements do not carry their values into the app. */
export function statementsOf(transaction: Transaction): Statements {
  return {
    async query<Row>(sql: string, values?: unknown[]): Promise<Row[]> {
      const answer = await answerOf(transaction, sql, values);
      return (Array.isArray(answer) ? answer : (answer as { rows: unknown[] }).rows) as Row[];
    },
  };
}

async function answerOf(transaction: Transaction, sql: string, values?: unknown[]): Promise<unknown> {
  try {
    return await transaction.query(sql, values);
  } catch (error) {
    dropValues(error);
    throw error;
  }
}
