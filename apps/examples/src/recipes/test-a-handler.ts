import { setTimeout as sleep } from 'node:timers/promises';
import { unwrap, type PaggioClient } from '@paggio/client';

/** Sends a sample event of the provider through the whole path, and waits until it has been handled. */
export async function tryHandler(paggio: PaggioClient, endpointId: string, eventType: string) {
  const { id } = unwrap(await paggio.endpoints.test(endpointId, { event_type: eventType }));
  for (;;) {
    const event = unwrap(await paggio.events.get(id));
    if (event.status !== 'pending') return event;
    await sleep(50);
  }
}
