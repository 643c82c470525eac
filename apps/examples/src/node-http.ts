import { createServer } from 'node:http';
import { createPaggio } from '@paggio/core';
import { createNodeHandler } from '@paggio/http';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));

const handle = createNodeHandler(paggio);
const server = createServer((request, response) => {
  if (!handle(request, response)) response.writeHead(404).end(); // your own routes
});
handle.attach(server);
void paggio.start().then(() => server.listen(process.env.PORT ?? 3000));
