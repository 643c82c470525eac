import { createKeyText, keyMode, type Owner, type Paggio } from '@paggio/core';
import type { DataDirectory } from './data-directory';

/** The one user of a server that is not embedded in an app. */
export const operator: Owner = { userId: 'operator', mode: 'live' };

const ONE = { limit: 1, offset: 0, startingAfter: null };

export interface FirstRun {
  /** Only on the first run: it can be shown once. */
  apiKey: string | null;
  /** Webhook URL of an endpoint that is ready to try, the oldest there is. */
  inboxUrl: string | null;
}

/** Leaves an API key and a demo endpoint behind when there are none yet. */
export async function firstRun(paggio: Paggio, directory: DataDirectory): Promise<FirstRun> {
  let apiKey: string | null = null;
  if ((await paggio.keys.list(operator, ONE)).total === 0) {
    // The file comes first: a start that dies between the two finds the key there and goes on with it.
    const left = directory.read('api-key');
    apiKey = left !== null && keyMode(left) === 'live' ? left : createKeyText('live');
    if (apiKey !== left) directory.write('api-key', `${apiKey}\n`);
    await paggio.keys.createFirst(operator.userId, apiKey);
    await paggio.endpoints.create(operator, { name: 'demo', description: 'Made on the first run, to try things out.' });
  }
  const endpoints = await paggio.endpoints.list(operator, ONE);
  const oldest =
    endpoints.total > 1
      ? await paggio.endpoints.list(operator, { limit: 1, offset: endpoints.total - 1, startingAfter: null })
      : endpoints;
  return { apiKey, inboxUrl: oldest.items[0]?.webhookUrl ?? null };
}
