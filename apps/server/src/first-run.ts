import { createKeyText, keyMode, PaggioError, type Owner, type Paggio } from '@paggio/core';
import type { DataDirectory } from './data-directory';

/** The only user of a standalone server. */
export const operator: Owner = { userId: 'operator', mode: 'live' };

const ONE = { limit: 1, offset: 0, startingAfter: null };

export interface FirstRun {
  /** The new API key on the first run, which is shown only once; null later. */
  apiKey: string | null;
  /** Where a valid API key is: in the file `api-key`, elsewhere, or nowhere. */
  keys: 'in_file' | 'elsewhere' | 'none';
  /** The webhook URL of the oldest endpoint, for a first try; null if no endpoint exists. */
  inboxUrl: string | null;
}

/**
 * Creates an API key and a demo endpoint on the first run. Later runs create no key, even if all keys are revoked and
 * the file is deleted: a key that nobody asked for would be an entry that nobody watches.
 */
export async function firstRun(paggio: Paggio, directory: DataDirectory): Promise<FirstRun> {
  // Write the file before the database row: if the process dies in between, the next start continues with the same key.
  const left = directory.read('api-key');
  let apiKey: string | null = null;
  if (!(await paggio.admin.keys.everMade(operator.userId))) {
    if (left === null || keyMode(left) !== 'live') directory.replace('api-key', left, `${createKeyText('live')}\n`);
    const written = directory.read('api-key') as string;
    apiKey = written;
    if (await createdFirst(paggio, written))
      await paggio.admin.endpoints.create(operator, {
        name: 'demo',
        description: 'Created on the first run, to try things out.',
      });
  }
  return { apiKey, keys: await keysOf(paggio, apiKey ?? left), inboxUrl: await oldestUrl(paggio) };
}

/** Creates the first key. False if another process that is starting at the same time has already created it. */
async function createdFirst(paggio: Paggio, apiKey: string): Promise<boolean> {
  try {
    await paggio.admin.keys.createFirst(operator.userId, apiKey);
    return true;
  } catch (error) {
    if (await paggio.admin.keys.isValid(apiKey)) return false;
    throw error;
  }
}

async function keysOf(paggio: Paggio, inFile: string | null): Promise<FirstRun['keys']> {
  if (inFile !== null && (await paggio.admin.keys.isValid(inFile))) return 'in_file';
  return (await paggio.admin.keys.list(operator, ONE)).total > 0 ? 'elsewhere' : 'none';
}

/** Null if there is no endpoint or it cannot be read, which must not stop the server from starting. */
async function oldestUrl(paggio: Paggio): Promise<string | null> {
  try {
    const { items, total } = await paggio.admin.endpoints.list(operator, ONE);
    if (total < 2) return items[0]?.webhookUrl ?? null;
    const oldest = await paggio.admin.endpoints.list(operator, { ...ONE, offset: total - 1 });
    return oldest.items[0]?.webhookUrl ?? null;
  } catch (error) {
    if (error instanceof PaggioError) return null;
    throw error;
  }
}
