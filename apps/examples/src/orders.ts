import express from 'express';
import { createPaggio, PermanentFailure } from '@paggio/core';
import { paggioMiddleware } from '@paggio/express';
import { Pool } from 'pg';

const pool = new Pool({ connectionString: process.env.DATABASE_URL });
const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  transactions: { pool }, // or { dataSource } of TypeORM: tx is then its EntityManager
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});

paggio.on(
  'stripe',
  'invoice.paid',
  async (event, { tx }) => {
    const { id } = (event.payload as { data: { object: { id?: string } } }).data.object;
    if (id === undefined) throw new PermanentFailure('an invoice without an id'); // a retry would not help
    // The row, the event below and "delivered" commit together, or none of them does.
    await tx.query('insert into payments (invoice) values ($1)', [id]);
    await paggio.publish({ userId: event.userId, eventType: 'payment.recorded', payload: { invoice: id } }, { tx });
  },
  { transactional: true },
);

const app = express();
app.use(paggioMiddleware(paggio));
void paggio.start().then(() => app.listen(process.env.PORT ?? 3000));
