import { PaggioError, readMasterKeys } from '@paggio/core';

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws PaggioError `BAD_REQUEST` when the variable is unset or empty */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new PaggioError('BAD_REQUEST', `${name} is not set`, { hint: `Set ${name} to the value that the app uses.` });
}

/**
 * Reads the master keys from the environment, as options for core.
 * @param guessable whether to accept a current key that is easy to guess
 * @throws PaggioError `BAD_REQUEST` that names every invalid key
 */
export function masterKeysOf(
  env: Environment,
  guessable: 'refused' | 'accepted',
): { masterKey: Buffer; previousMasterKeys: readonly Buffer[] } {
  const current = required(env, 'PAGGIO_MASTER_KEY');
  const previous = (env['PAGGIO_MASTER_KEY_PREVIOUS'] ?? '').split(',').flatMap((text) => text.trim() || []);
  const names = { current: 'PAGGIO_MASTER_KEY', previous: 'PAGGIO_MASTER_KEY_PREVIOUS' };
  const keys = readMasterKeys(current, previous, names, guessable);
  if (!Array.isArray(keys)) return { masterKey: keys.current, previousMasterKeys: keys.previous };
  throw new PaggioError('BAD_REQUEST', keys.map(({ message }) => message).join('\n'), { details: keys });
}
