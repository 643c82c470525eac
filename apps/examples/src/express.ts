import express from 'express';
import { createPaggio } from '@paggio/core';
import { paggioMiddleware } from '@paggio/express';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id)); // throws: retried; returns: delivered

const app = express();
app.use(paggioMiddleware(paggio)); // before express.json(): signatures need the exact bytes
app.use(express.json());
void paggio.start().then(() => app.listen(process.env.PORT ?? 3000));
