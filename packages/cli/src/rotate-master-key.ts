import { MasterKeyFiles, masterKeyId, PaggioError, rotateMasterKey, type RotationResult } from '@paggio/core';
import { masterKeysOf, required, type Environment } from './environment';

export interface RotateOptions {
  dryRun?: true;
  rate?: string;
  dataDir?: string;
}

type Say = (text: string) => void;

const PROGRESS_MS = 1_000;
const MAX_RATE = 1_000_000;

/** Encrypts everything again under the current key, and says which keys are no longer needed. */
export async function rotate(options: RotateOptions, env: Environment, say: Say): Promise<void> {
  const dryRun = options.dryRun ?? false;
  const valuesPerSecond = options.rate === undefined ? undefined : rateOf(options.rate);
  const url = required(env, 'DATABASE_URL');
  const keys = masterKeysOf(env, 'refused');
  const { masterKey, previousMasterKeys } = keys;
  say(`Current master key: ${masterKeyId(masterKey)}. Previous: ${list(previousMasterKeys.map(masterKeyId))}.`);
  const result = await rotateMasterKey(
    { url, ...keys },
    {
      dryRun,
      ...(valuesPerSecond === undefined ? {} : { valuesPerSecond }),
      onProgress: progress(say),
      onSilence: (ms) =>
        say(`Waiting ${Math.ceil(ms / 1_000)} s to see whether a process still has an old key as its own.`),
      onWait: () => say('Another rotation is running. Waiting for it to end.'),
    },
  );
  if (dryRun) return sayCounts(result, say);
  say(`Done: every stored secret is encrypted under ${result.keyId}.`);
  const removable = [...new Set([...previousMasterKeys.map(masterKeyId), ...result.removable])];
  if (removable.length > 0)
    say(`No longer needed: ${list(removable)}. Remove PAGGIO_MASTER_KEY_PREVIOUS and restart every process.`);
  if (removable.length > 0) say('Keep the old key as long as you keep backups that were made before now.');
}

/** Makes a new key in the data directory of a server. The server itself encrypts everything again. */
export function renewKeyFile(options: RotateOptions, env: Environment, say: Say): void {
  if (options.dryRun || options.rate !== undefined) {
    throw new PaggioError('BAD_REQUEST', '--dry-run and --rate do not go with --data-dir', {
      hint: 'The server encrypts everything again when it starts.',
    });
  }
  if ((env['PAGGIO_MASTER_KEY'] ?? '') !== '') {
    throw new PaggioError('BAD_REQUEST', 'PAGGIO_MASTER_KEY is set: the server does not use the key in the directory', {
      hint: 'Leave out --data-dir to rotate PAGGIO_MASTER_KEY, or unset it if the server does not have it either.',
    });
  }
  const { keyId, previousKeyId, made } = renewed(options.dataDir as string);
  if (made) say(`Made a new master key: ${keyId}. The one before it, ${previousKeyId}, is in master-key.previous.`);
  else say(`The new master key ${keyId} has been made already, and ${previousKeyId} is still in use.`);
  say('Restart the server: it encrypts every stored secret again while it runs, then removes master-key.previous.');
}

/** What the file system refuses, such as a directory of another user, reads as a sentence too. */
function renewed(directory: string): ReturnType<MasterKeyFiles['renew']> {
  try {
    return new MasterKeyFiles(directory).renew();
  } catch (error) {
    if (error instanceof PaggioError) throw error;
    const { message } = error as Error;
    throw new PaggioError('CONFLICT', `The master key in ${directory} cannot be replaced: ${message}`, {
      hint: 'Run this as the user that the server runs as. Nothing is lost: run it again.',
      cause: error,
    });
  }
}

function rateOf(text: string): number {
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (rate >= 1 && rate <= MAX_RATE) return rate;
  throw new PaggioError('BAD_REQUEST', `--rate must be a whole number from 1 to ${MAX_RATE}`);
}

function sayCounts({ keyId, keyIds, values, byKeyId }: RotationResult, say: Say): void {
  if (values === 0) return say(`Every stored secret is encrypted under ${keyId} already.`);
  for (const [id, count] of byKeyId) say(`${count} under ${id}${keyIds.includes(id) ? '' : ', which was not given'}`);
  say(`${values} stored secrets would be encrypted again under ${keyId}.`);
}

/** A line for every column that had something to do, and one a second meanwhile. */
function progress(say: Say): (now: { table: string; column: string; done: number; total: number }) => void {
  let saidAt = performance.now();
  let began = { name: '', at: 0 };
  return ({ table, column, done, total }) => {
    const name = `${table}.${column}`;
    const now = performance.now();
    if (began.name !== name) began = { name, at: now };
    if (done === 0 || (done < total && now - saidAt < PROGRESS_MS)) return;
    saidAt = now;
    const perSecond = Math.round((done / Math.max(1, now - began.at)) * 1_000);
    say(`${name}  ${done}/${total}  ${perSecond}/s`);
  };
}

function list(ids: readonly string[]): string {
  return ids.length === 0 ? 'none' : ids.join(', ');
}
