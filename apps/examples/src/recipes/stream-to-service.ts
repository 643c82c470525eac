import { setTimeout as sleep } from 'node:timers/promises';
import type { PaggioClient } from '@paggio/client';

export interface Position {
  load(): Promise<string | undefined>;
  save(lastEventId: string): Promise<void>;
}

export interface Change {
  id: string;
  status: string;
}

/** Tells another service about every new event and every change of status, without a gap across restarts. */
export async function copyChanges(
  paggio: PaggioClient,
  position: Position,
  push: (change: Change) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const message of paggio.events.stream({ lastEventId: await position.load(), signal })) {
        if (message.type === 'reset') continue; // away for more than a day: read the list once
        await push({ id: message.event.id, status: message.event.status });
        if (message.lastEventId !== null) await position.save(message.lastEventId);
      }
    } catch (error) {
      if (!signal.aborted) console.error(error);
    }
    if (!signal.aborted) await sleep(1000);
  }
}
