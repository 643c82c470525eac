import type { Paggio } from '@paggio/core';

interface Welcome {
  to: string;
}

// Before: new Worker('mail', (job) => sendMail(job.data), { concurrency: 10 })
export function handleJobs(paggio: Paggio, sendMail: (job: Welcome) => Promise<void>): void {
  paggio.on('api', 'mail.welcome', (event) => sendMail(event.payload as Welcome), {
    concurrency: 10,
    retry: { preset: 'quick' },
    timeout: '30s',
  });
}

// Before: queue.add('welcome', { to }, { jobId: `welcome:${to}` })
export async function enqueueWelcome(paggio: Paggio, to: string): Promise<void> {
  await paggio.publish({
    userId: 'jobs',
    eventType: 'mail.welcome',
    payload: { to },
    idempotencyKey: `welcome:${to}`,
  });
}
