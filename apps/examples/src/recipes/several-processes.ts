import { createPaggio, type Paggio } from '@paggio/core';

const shared = {
  database: { url: process.env.DATABASE_URL! },
  masterKey: process.env.PAGGIO_MASTER_KEY!,
};

/** Starts a web process. It receives webhooks and serves the API. It delivers nothing. */
export async function startWebProcess(): Promise<Paggio> {
  const paggio = createPaggio({ ...shared, roles: ['capture', 'api'] });
  await paggio.start();
  return paggio;
}

/** Starts a worker process. All workers share the deliveries, so you can run any number of them. */
export async function startWorkerProcess(makeReport: (month: string) => Promise<void>): Promise<Paggio> {
  const paggio = createPaggio({ ...shared, roles: ['deliver'] });
  paggio.on('api', 'report.requested', (event) => makeReport((event.payload as { month: string }).month));
  await paggio.start();
  return paggio;
}
