import { createPaggio, type Paggio } from '@paggio/core';

const shared = {
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
};

/** In the web processes: takes webhooks in and serves the API, and delivers nothing. */
export async function startWebProcess(): Promise<Paggio> {
  const paggio = createPaggio({ ...shared, roles: ['capture', 'api'] });
  await paggio.start();
  return paggio;
}

/** In the worker processes, of which you may run as many as you like: they share the work. */
export async function startWorkerProcess(makeReport: (month: string) => Promise<void>): Promise<Paggio> {
  const paggio = createPaggio({ ...shared, roles: ['deliver'] });
  paggio.on('api', 'report.requested', (event) => makeReport((event.payload as { month: string }).month));
  await paggio.start();
  return paggio;
}
