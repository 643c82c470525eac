import { createVerifier, type Scheme, type VerificationConfig } from '@paggio/providers';
import type { ErrorDetail } from '../errors';
import { environments } from './environment';
import type { StoredVerification, VerificationInput } from './endpoint';

/** A message names at most this many changed members. */
const NAMED = 5;
/** The limit for `settings` as JSON, because verification reads them for every request. */
const MAX_SETTINGS_CHARACTERS = 16 * 1024;

/**
 * Builds the configuration that an input asks for. Stored secrets are kept only while everything else stays the same. A
 * secret that was stored for one scheme must not be used in another, where it could sign requests or even be shown.
 * @param dedupWindowMs how long a repeated request is recognised. No tolerance may be longer, because within the
 * tolerance only de-duplication refuses a request that somebody repeats
 * @returns the configuration, or all problems of the input
 */
export function verificationConfig(
  input: VerificationInput,
  stored: StoredVerification | null,
  dedupWindowMs: number,
): StoredVerification | ErrorDetail[] {
  if (JSON.stringify(input.settings ?? {}).length > MAX_SETTINGS_CHARACTERS) {
    const message = `settings may have at most ${MAX_SETTINGS_CHARACTERS} characters of JSON.`;
    return [{ field: 'verification.settings', message }];
  }
  const problems: ErrorDetail[] = [];
  const given = input.secrets?.map((secret) => {
    if (typeof secret === 'string') return { value: secret, expiresAt: null };
    return { value: secret.value, expiresAt: secret.expiresAt?.getTime() ?? null };
  });
  const config: StoredVerification = {
    provider: input.provider,
    scheme: input.scheme ?? null,
    secrets: given ?? stored?.secrets ?? [],
    publicUrl: input.publicUrl ?? null,
    settings: input.settings ?? {},
    replaySecrets: mergedSecrets(stored?.replaySecrets, input.replaySecrets),
  };
  const unsent = stored === null ? [] : unsentSecrets(stored, config, input);
  problems.push(...unsent);
  const tolerance = config.settings['tolerance_seconds'];
  if (typeof tolerance === 'number' && tolerance * 1000 > dedupWindowMs) {
    const message = `tolerance_seconds must not be longer than the window of de-duplication, which is ${dedupWindowMs / 1000} s here.`;
    problems.push({ field: 'verification.settings.tolerance_seconds', message });
  }
  const verifier = createVerifier(config);
  if (Array.isArray(verifier)) {
    // Stored secrets that have to be sent again are not checked too, because nobody asked to use them here.
    const judged = verifier.filter(({ field }) => unsent.length === 0 || !field.startsWith('secrets'));
    problems.push(...judged.map(({ field, message }) => ({ field: `verification.${field}`, message })));
  } else if (unsent.length === 0) problems.push(...replaySecretProblems(config, verifier.scheme));
  return problems.length > 0 ? problems : config;
}

/** Refuses an input that leaves out stored secrets but changes the configuration that they were stored for. */
function unsentSecrets(
  stored: StoredVerification,
  wanted: StoredVerification,
  { secrets, replaySecrets = {} }: VerificationInput,
): ErrorDetail[] {
  const changed = changedMembers(stored, wanted);
  if (changed.length === 0) return [];
  const more = changed.length > NAMED ? ` and ${changed.length - NAMED} more` : '';
  const what = `This changes ${changed.slice(0, NAMED).join(', ')}${more}`;
  const missing = Object.keys(stored.replaySecrets ?? {}).filter((name) => !Object.hasOwn(replaySecrets, name));
  return [
    ...(secrets === undefined && stored.secrets.length > 0
      ? [
          {
            field: 'verification.secrets',
            message: `${what}: send the secrets again. Stored secrets stay only while the rest of the verification does.`,
          },
        ]
      : []),
    ...missing.map((name) => ({
      field: `verification.replaySecrets.${name}`,
      message: `${what}: send this secret again, or null to remove it.`,
    })),
  ];
}

/** The members other than secrets that differ between two configurations, under the names that clients use. */
function changedMembers(stored: VerificationConfig, wanted: VerificationConfig): string[] {
  if (stored.provider !== wanted.provider) return ['provider'];
  const changed: string[] = [];
  if (schemeOf(stored, stored) !== schemeOf(wanted, stored)) changed.push('scheme');
  const names = new Set([...Object.keys(stored.settings), ...Object.keys(wanted.settings)]);
  for (const name of names) {
    if (!isSame(stored.settings[name], wanted.settings[name])) changed.push(`settings.${name.slice(0, 64)}`);
  }
  if (stored.publicUrl !== wanted.publicUrl) changed.push('publicUrl');
  return changed;
}

/** The name of the scheme in use. It makes naming the default scheme count as no change. */
function schemeOf({ scheme }: VerificationConfig, stored: VerificationConfig): string | null {
  const verifier = createVerifier({ ...stored, scheme }, { stored: true });
  return Array.isArray(verifier) ? scheme : verifier.schemeName;
}

/**
 * Whether two values of a setting mean the same. `null` counts as left out, because providers read settings that way.
 */
function isSame(one: unknown, other: unknown): boolean {
  try {
    return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
  } catch {
    // The value is nested too deeply to be written as JSON.
    return false;
  }
}

function mergedSecrets(
  stored: Readonly<Record<string, string>> | undefined,
  given: Readonly<Record<string, string | null>> | undefined,
): Record<string, string> {
  const all = Object.entries({ ...stored, ...given });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

function replaySecretProblems(config: StoredVerification, scheme: Scheme): ErrorDetail[] {
  return Object.entries(config.replaySecrets ?? {}).flatMap(([environment, secret]): ErrorDetail[] => {
    const field = `verification.replaySecrets.${environment.slice(0, 64)}`;
    if (!environments.some((one) => one === environment)) {
      return [{ field, message: `The environment must be one of ${environments.join(', ')}.` }];
    }
    const message = scheme.signingKeyProblem(secret);
    return message === null ? [] : [{ field, message }];
  });
}
