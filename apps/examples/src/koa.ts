import Koa from 'koa';
import { createPaggio } from '@paggio/core';
import { paggioMiddleware } from '@paggio/koa';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));

const app = new Koa();
const gateway = paggioMiddleware(paggio);
app.use(gateway); // before a body parser
void paggio.start().then(() => gateway.attach(app.listen(Number(process.env.PORT ?? 3000))));
