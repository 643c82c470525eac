import { unwrap, type PaggioClient } from '@paggio/client';

/** Sends each new event of a gateway to a service on your machine. */
export async function forward(paggio: PaggioClient, target: string, signal?: AbortSignal): Promise<void> {
  for await (const message of paggio.events.stream(signal ? { signal } : {})) {
    if (message.type !== 'event.created') continue;
    const { id, method, headers } = unwrap(await paggio.events.get(message.event.id));
    const body = unwrap(await paggio.events.raw(id));
    // The exact bytes, and the headers that your service needs to verify them.
    const kept = Object.entries(headers).filter(([name]) => !/^(host|connection|content-length)$/i.test(name));
    const response = await fetch(target, {
      method,
      headers: kept.flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value])),
      body: method === 'GET' || method === 'HEAD' ? null : new Uint8Array(body),
    });
    console.log(id, response.status);
  }
}
