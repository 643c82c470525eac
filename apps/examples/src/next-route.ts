// app/paggio/[...path]/route.ts
import { createPaggio } from '@paggio/core';
import { createFetchHandler, type FetchHandler } from '@paggio/http';

async function start(): Promise<FetchHandler> {
  const paggio = createPaggio({
    database: { url: process.env.DATABASE_URL! },
    masterKey: process.env.PAGGIO_MASTER_KEY!,
  });
  paggio.on('stripe', 'invoice.paid', (event) => console.log('paid', event.id));
  await paggio.start();
  return createFetchHandler(paggio, { path: '/paggio' });
}

// The first request starts it, because next build loads this file too. After a failure, the next request tries again.
let started: Promise<FetchHandler> | undefined;
const gateway = (): Promise<FetchHandler> =>
  (started ??= start().catch((error: unknown) => {
    started = undefined;
    throw error;
  }));

async function answer(request: Request): Promise<Response> {
  const handle = await gateway();
  return (await handle(request)) ?? new Response(null, { status: 404 });
}

export { answer as GET, answer as POST, answer as PUT, answer as PATCH, answer as DELETE };
