import type { Paggio } from '@paggio/core';
import type { Pool } from 'pg';

/** Stores an order and publishes `order.created`. If the transaction rolls back, neither exists. */
export async function placeOrder(paggio: Paggio, pool: Pool, order: { id: string; total: number }): Promise<void> {
  const tx = await pool.connect();
  try {
    await tx.query('begin');
    await tx.query('insert into orders (id, total) values ($1, $2)', [order.id, order.total]);
    await paggio.publish({ userId: 'shop', eventType: 'order.created', payload: order }, { tx });
    await tx.query('commit');
  } catch (error) {
    await tx.query('rollback');
    throw error;
  } finally {
    tx.release();
  }
}
