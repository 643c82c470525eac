// app/paggio/[...path]/route.ts
import { createPaggio } from '@paggio/core';
import { createFetchHandler } from '@paggio/http';

const paggio = createPaggio({
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
});
paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));

const handle = createFetchHandler(paggio, { path: '/paggio' });
async function answer(request: Request): Promise<Response> {
  await paggio.start(); // once: later calls wait for the first
  return (await handle(request)) ?? new Response(null, { status: 404 });
}

export { answer as GET, answer as POST, answer as PUT, answer as PATCH, answer as DELETE };
