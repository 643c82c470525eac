import { createVerifier, type Scheme } from '@paggio/providers';
import { isReservedHeader } from '../delivery/outgoing-headers';
import type { ErrorDetail } from '../errors';
import { environments } from '../replay/environment';
import type { StoredVerification, VerificationInput } from './endpoint';

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/;
// What HTTP can carry: visible Latin-1, spaces and tabs; no line breaks, no NUL.
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** What is wrong with custom headers. */
export function headerProblems(headers: Record<string, string>, prefix = 'headers_json'): ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const field = `${prefix}.${name.slice(0, 64)}`;
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) problems.push({ field, message: 'This is not a header name.' });
    else if (isReservedHeader(lower)) problems.push({ field, message: `${name} belongs to HTTP or to Paggio.` });
    else if (seen.has(lower)) problems.push({ field, message: `${name} is given twice.` });
    else if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      problems.push({ field, message: 'A header value is text of at most 8192 characters without line breaks.' });
    }
    seen.add(lower);
  }
  return problems;
}

/** The configuration out of an input, with the stored secrets where the input leaves them out; or what is wrong. */
export function verificationConfig(
  input: VerificationInput,
  stored: StoredVerification | null,
): StoredVerification | ErrorDetail[] {
  const problems: ErrorDetail[] = [];
  const before = stored?.provider === input.provider ? stored : null;
  const secrets = (input.secrets ?? []).map((secret, index) => {
    if (typeof secret === 'string') return { value: secret, expiresAt: null };
    const text = secret.expires_at ?? null;
    const expiresAt = text === null ? null : Date.parse(text);
    if (expiresAt !== null && Number.isNaN(expiresAt)) {
      problems.push({
        field: `verification.secrets[${index}].expires_at`,
        message: 'expires_at must be an ISO 8601 time.',
      });
    }
    return { value: secret.value, expiresAt };
  });
  const config: StoredVerification = {
    provider: input.provider,
    scheme: input.scheme ?? null,
    secrets: input.secrets === undefined ? (before?.secrets ?? []) : secrets,
    publicUrl: input.public_url ?? null,
    settings: input.settings ?? {},
    replaySecrets: mergedSecrets(before?.replaySecrets, input.replay_secrets),
  };
  const verifier = createVerifier(config);
  if (Array.isArray(verifier)) {
    problems.push(...verifier.map((problem) => ({ field: `verification.${problem.field}`, message: problem.message })));
  } else problems.push(...replaySecretProblems(config, verifier.scheme));
  return problems.length > 0 ? problems : config;
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
    const field = `verification.replay_secrets.${environment.slice(0, 64)}`;
    if (!environments.some((one) => one === environment)) {
      return [{ field, message: `There are these environments: ${environments.join(', ')}.` }];
    }
    const message = scheme.signingKeyProblem(secret);
    return message === null ? [] : [{ field, message }];
  });
}
