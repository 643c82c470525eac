import type { Pool } from 'pg';
import { PaggioError } from '../errors';
import { statementsOf, type Statements, type Transaction } from './statements';

/**
 * Work inside a transaction. `tx` is the host's object for the transaction, and `statements` runs Paggio's own in it.
 */
export type TransactionWork<T> = (tx: unknown, statements: Statements) => Promise<T>;

/** Opens transactions that a handler and the end of its delivery share. */
export interface TransactionSource {
  /**
   * Commits when `work` resolves and undoes everything when it throws. The lease token is a setting of the transaction
   * (`paggio.lease`), which ends with it.
   */
  run<T>(leaseToken: string, work: TransactionWork<T>): Promise<T>;
  close(): Promise<void>;
}

/** The part of a TypeORM DataSource (0.3 and 1) that transactions need. */
export interface TransactionalDataSource {
  transaction<T>(work: (manager: Transaction) => Promise<T>): Promise<T>;
}

/** The part of a pool of `pg` that transactions need. */
export interface TransactionalPool {
  connect(): Promise<{
    query(sql: string, values?: unknown[]): Promise<{ rows: unknown[]; command?: string }>;
    release(destroy?: boolean): void;
  }>;
}

/** Where a host's transactions come from. */
export type HostTransactions = { dataSource: TransactionalDataSource } | { pool: TransactionalPool };

const begin = (leaseToken: string): string => `set local paggio.lease = '${leaseToken}'`;

export class DataSourceTransactions implements TransactionSource {
  constructor(private readonly source: TransactionalDataSource) {}

  run<T>(leaseToken: string, work: TransactionWork<T>): Promise<T> {
    return this.source.transaction(async (manager) => {
      await manager.query(begin(leaseToken));
      return work(manager, statementsOf(manager));
    });
  }

  async close(): Promise<void> {
    // The host closes it.
  }
}

export class PoolTransactions implements TransactionSource {
  constructor(private readonly pool: TransactionalPool) {}

  async run<T>(leaseToken: string, work: TransactionWork<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken = true;
    try {
      await client.query(`begin; ${begin(leaseToken)}`);
      const result = await work(client, statementsOf(client));
      const { command } = await client.query('commit');
      // A transaction in which a statement failed is rolled back by COMMIT without an error.
      if (command !== undefined && command !== 'COMMIT') throw swallowed();
      broken = false;
      return result;
    } catch (error) {
      // A handler that does not end may still use the connection. Closing it undoes everything and stops the handler's
      // work.
      if ((error as { busy?: boolean }).busy !== true)
        broken = await client.query('rollback').then(
          () => false,
          () => true,
        );
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    // The host closes it.
  }
}

/** A pool of Paggio's own that connects when the first transaction is asked for. */
export class OwnTransactions implements TransactionSource {
  private opened: { pool: Pool; transactions: PoolTransactions } | undefined;

  constructor(private readonly createPool: () => Pool) {}

  run<T>(leaseToken: string, work: TransactionWork<T>): Promise<T> {
    if (!this.opened) {
      const pool = this.createPool();
      this.opened = { pool, transactions: new PoolTransactions(pool) };
    }
    return this.opened.transactions.run(leaseToken, work);
  }

  async close(): Promise<void> {
    await this.opened?.pool.end();
  }
}

function swallowed(): PaggioError {
  return new PaggioError('CONFLICT', 'A statement of the transaction failed, and its error was swallowed', {
    hint: 'Let the error through: a failed statement undoes the whole transaction.',
  });
}
