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

/** Encrypts every secret with the current key, and prints which keys are no longer needed. */
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
        say(`Waiting ${Math.ceil(ms / 1_000)} s to see whether a process still uses an old key as its current one.`),
      onWait: () => say('Another rotation is running. Waiting for it to finish.'),
    },
  );
  if (dryRun) return sayCounts(result, say);
  say(`Done: every stored secret is encrypted with ${result.keyId}.`);
  const removable = [...new Set([...previousMasterKeys.map(masterKeyId), ...result.removable])];
  if (removable.length > 0)
    say(`No longer needed: ${list(removable)}. Remove PAGGIO_MASTER_KEY_PREVIOUS and restart every process.`);
  if (removable.length > 0) say('Keep the old key for as long as you keep backups made before now.');
}

/** Creates a new key in a server's data directory. The server then encrypts the stored secrets itself. */
export function renewKeyFile(options: RotateOptions, env: Environment, say: Say): void {
  if (options.dryRun || options.rate !== undefined) {
    throw new PaggioError('BAD_REQUEST', '--dry-run and --rate cannot be combined with --data-dir', {
      hint: 'The server encrypts the stored secrets with the new key when it starts.',
    });
  }
  if ((env['PAGGIO_MASTER_KEY'] ?? '') !== '') {
    throw new PaggioError(
      'BAD_REQUEST',
      'PAGGIO_MASTER_KEY is set, so the server does not use the key in the directory',
      {
        hint: 'Omit --data-dir to rotate PAGGIO_MASTER_KEY, or unset the variable if the server does not set it either.',
      },
    );
  }
  const { keyId, previousKeyId, made } = renewed(options.dataDir as string);
  if (made) say(`Created a new master key: ${keyId}. The previous one, ${previousKeyId}, is in master-key.previous.`);
  else say(`The new master key ${keyId} already exists, and ${previousKeyId} is still in use.`);
  say('Restart the server. It encrypts every stored secret with the new key, then removes master-key.previous.');
}

/** Replaces the key file. File system errors, such as missing rights, become a `PaggioError` with a hint. */
function renewed(directory: string): ReturnType<MasterKeyFiles['renew']> {
  try {
    return new MasterKeyFiles(directory).renew();
  } catch (error) {
    if (error instanceof PaggioError) throw error;
    const { message } = error as Error;
    throw new PaggioError('CONFLICT', `The master key in ${directory} cannot be replaced: ${message}`, {
      hint: 'Run this command again as the user that runs the server. No key was lost.',
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
  if (values === 0) return say(`Every stored secret is already encrypted with ${keyId}.`);
  for (const [id, count] of byKeyId)
    say(`${count} with ${id}${keyIds.includes(id) ? '' : ', a key that was not given'}`);
  say(`${values} stored secrets would be encrypted with ${keyId}.`);
}

/** Prints a line when a column is done, and at most one per second while it is in progress. */
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
