import { createKeyText, keyMode, PaggioError, type Owner, type Paggio } from '@paggio/core';
import type { DataDirectory } from './data-directory';

/** The one user of a server that is not embedded in an app. */
export const operator: Owner = { userId: 'operator', mode: 'live' };

const ONE = { limit: 1, offset: 0, startingAfter: null };

export interface FirstRun {
  /** Only on the first run: it can be shown once. */
  apiKey: string | null;
  /** What can be said of API keys at a start: whether the file `api-key` holds one that is valid, or no key is. */
  keys: 'in_file' | 'elsewhere' | 'none';
  /** Webhook URL of an endpoint that is ready to try, the oldest there is. */
  inboxUrl: string | null;
}

/**
 * Leaves an API key and a demo endpoint behind on the first run. A later one makes no key, even when all of them were
 * revoked and the file was deleted: a key that nobody asked for would be a way in that nobody watches.
 */
export async function firstRun(paggio: Paggio, directory: DataDirectory): Promise<FirstRun> {
  // The file comes first: a start that dies between the two finds the key there and goes on with it.
  const left = directory.read('api-key');
  let apiKey: string | null = null;
  if (!(await paggio.keys.everMade(operator.userId))) {
    if (left === null || keyMode(left) !== 'live') directory.replace('api-key', left, `${createKeyText('live')}\n`);
    const written = directory.read('api-key') as string;
    apiKey = written;
    if (await createdFirst(paggio, written))
      await paggio.endpoints.create(operator, {
        name: 'demo',
        description: 'Made on the first run, to try things out.',
      });
  }
  return { apiKey, keys: await keysOf(paggio, apiKey ?? left), inboxUrl: await oldestUrl(paggio) };
}

/** False when another process, which starts at the same moment, has made the same key. */
async function createdFirst(paggio: Paggio, apiKey: string): Promise<boolean> {
  try {
    await paggio.keys.createFirst(operator.userId, apiKey);
    return true;
  } catch (error) {
    if (await paggio.keys.isValid(apiKey)) return false;
    throw error;
  }
}

async function keysOf(paggio: Paggio, inFile: string | null): Promise<FirstRun['keys']> {
  if (inFile !== null && (await paggio.keys.isValid(inFile))) return 'in_file';
  return (await paggio.keys.list(operator, ONE)).total > 0 ? 'elsewhere' : 'none';
}

/** Null when there is no endpoint, and when it cannot be read: that must not keep the server from starting. */
async function oldestUrl(paggio: Paggio): Promise<string | null> {
  try {
    const { items, total } = await paggio.endpoints.list(operator, ONE);
    if (total < 2) return items[0]?.webhookUrl ?? null;
    const oldest = await paggio.endpoints.list(operator, { ...ONE, offset: total - 1 });
    return oldest.items[0]?.webhookUrl ?? null;
  } catch (error) {
    if (error instanceof PaggioError) return null;
    throw error;
  }
}
