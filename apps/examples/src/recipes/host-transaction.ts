import { PermanentFailure, type HandlerContext, type Paggio, type WebhookEvent } from '@paggio/core';
import type { PoolClient } from 'pg';

interface Payment {
  invoice?: string;
}

export function handlePayments(paggio: Paggio): void {
  paggio.on(
    'api',
    'payment.received',
    async (event: WebhookEvent<Payment>, { tx }: HandlerContext<PoolClient>) => {
      const { invoice } = event.payload;
      if (invoice === undefined) throw new PermanentFailure('the payment names no invoice');
      // This row and "delivered" commit together, or neither does.
      await tx.query('insert into payments (invoice) values ($1)', [invoice]);
    },
    { transactional: true },
  );
}
