import { PaggioError, readMasterKeys } from '@paggio/core';

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws PaggioError `BAD_REQUEST` when the variable is unset or empty */
export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new PaggioError('BAD_REQUEST', `${name} is not set`, { hint: `Set ${name} to that of the app.` });
}

/**
 * The master keys as options of core.
 * @param guessable whether the current key may be one that anybody can guess
 * @throws PaggioError `BAD_REQUEST` that names every wrong key
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
