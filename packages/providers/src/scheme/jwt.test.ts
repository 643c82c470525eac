import { createHash, createPublicKey, sign } from 'node:crypto';
import { createVerifier, HeaderList, type KeyDirectory, type VerificationConfig } from '../index';
import { privateKeyOf } from '../key-text';
import type { Verification } from '../verification';
import { signJwt, type JwtAlgorithm } from './json-web-token';
import { testPair } from './public-key';

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;
const BODY = Buffer.from('{"a":1.10}');
const pair = testPair('rsa', 'pem');
const key = privateKeyOf(pair.signingKey, 'rsa') as NonNullable<ReturnType<typeof privateKeyOf>>;

function config(settings: object, secret = pair.secret): VerificationConfig {
  return {
    provider: 'custom',
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: null,
    settings: { kind: 'jwt', header: 'X-Token', prefix: 'Bearer ', algorithm: 'RS256', ...settings },
  };
}

async function check(
  token: string,
  using: VerificationConfig = config({}),
  keys: KeyDirectory | null = null,
  header = 'X-Token',
): Promise<Verification> {
  const made = createVerifier(using, { keys });
  if (Array.isArray(made)) throw new Error(JSON.stringify(made));
  const headers = HeaderList.from({ [header]: token });
  return made.verify({ method: 'POST', target: '/in', headers, body: BODY, receivedAt: NOW });
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const claims = { iat: SECONDS, exp: SECONDS + 60 };

test('a valid token is accepted as a proof that does not cover the body', async () => {
  expect(await check(`Bearer ${signJwt(claims, 'RS256', key)}`)).toMatchObject({
    ok: true,
    bodyAuthenticated: false,
    coversTimestamp: true,
  });
});

describe('the algorithm comes from the configuration [SIG-12]', () => {
  const good = signJwt(claims, 'RS256', key);
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const hmacWithPublicKey = signJwt(claims, 'HS256', Buffer.from(pair.secret));
  // A decoder that ignores unused bits reads the same bytes.
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const sameBytes = signature.slice(0, -1) + (alphabet[alphabet.indexOf(signature.slice(-1)) ^ 1] as string);
  expect(Buffer.from(sameBytes, 'base64url').equals(Buffer.from(signature, 'base64url'))).toBe(true);
  /** A token signed by the right key, with another algorithm in its header. */
  const signedAs = (alg: string): string => {
    const text = `${part({ alg })}.${payload}`;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
  test.each<[string, string]>([
    ['alg none', `${part({ alg: 'none' })}.${payload}.`],
    ['alg none with a signature', `${part({ alg: 'none' })}.${payload}.${signature}`],
    ['HS256 under the public key', hmacWithPublicKey],
    ['HS256 under the public key, called RS256', `${head}.${payload}.${hmacWithPublicKey.split('.')[2]}`],
    ['ES256', signJwt(claims, 'ES256', privateKeyOf(testPair('ec', 'pem').signingKey, 'ec') as never)],
    ['lower case', `${part({ alg: 'rs256' })}.${payload}.${signature}`],
    ['critical extensions', `${part({ alg: 'RS256', crit: ['x'] })}.${payload}.${signature}`],
    ['other claims', `${head}.${part({ ...claims, iat: SECONDS - 1 })}.${signature}`],
    ['bits that a lenient decoder drops', `${head}.${payload}.${sameBytes}`],
    ['the right key with alg none', signedAs('none')],
    ['the right key with alg HS256', signedAs('HS256')],
    ['padding', `${good}==`],
    ['two parts', `${head}.${payload}`],
    ['four parts', `${good}.x`],
    ['claims that are a list', `${head}.${part([])}.${signature}`],
    ['nonsense', 'a.b.c'],
    ['a very long token', `${'a'.repeat(100_000)}.b.c`],
  ])('%s is refused', async (_, token) => {
    expect((await check(`Bearer ${token}`)).ok).toBe(false);
  });

  test('a token without its prefix is refused', async () => {
    expect(await check(good)).toEqual({ ok: false, reason: 'malformed_signature' });
  });
});

test('times may be neither too old nor in the future, and have to be numbers', async () => {
  const reasons: unknown[] = [];
  for (const times of [
    { iat: SECONDS - 301 },
    { iat: SECONDS + 301 },
    { exp: SECONDS - 301 },
    { nbf: SECONDS + 301 },
    { iat: String(SECONDS) },
    { exp: null },
  ]) {
    const result = await check(`Bearer ${signJwt(times, 'RS256', key)}`);
    reasons.push(result.ok || result.reason);
  }
  expect(reasons).toEqual([
    'timestamp_too_old',
    'timestamp_in_future',
    'timestamp_too_old',
    'timestamp_in_future',
    'malformed_timestamp',
    'malformed_timestamp',
  ]);
});

test('the hash of the body and the issuer are checked', async () => {
  const using = config({ body_hash_claim: 'sha', body_hash_encoding: 'hex', issuer: 'me' });
  const sha = createHash('sha256').update(BODY).digest('hex');
  const of = (more: object): Promise<Verification> =>
    check(`Bearer ${signJwt({ ...claims, ...more }, 'RS256', key)}`, using);
  expect(await of({ sha, iss: 'me' })).toMatchObject({ ok: true, bodyAuthenticated: true });
  for (const more of [
    { iss: 'me' },
    { sha, iss: 'you' },
    { sha },
    { sha: sha.toUpperCase(), iss: 'me' },
    { sha: 1, iss: 'me' },
  ])
    expect((await of(more)).ok).toBe(false);
});

test('a private key, or a key of another kind, is not accepted as a public key', () => {
  for (const secret of [pair.signingKey, testPair('ec', 'pem').secret, 'text', '{}', '{"kty":"RSA"}']) {
    expect(createVerifier(config({}, secret))).toEqual([expect.objectContaining({ field: 'secrets[0]' })]);
  }
});

describe('Plaid', () => {
  const plaid = testPair('ec', 'pem');
  const signing = privateKeyOf(plaid.signingKey, 'ec') as NonNullable<ReturnType<typeof privateKeyOf>>;
  const jwk = createPublicKey(plaid.signingKey).export({ format: 'jwk' });
  const using = (secret: string): VerificationConfig => ({
    provider: 'plaid',
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: null,
    settings: secret === 'api' ? { client_id: 'c' } : {},
  });
  const good = { iat: SECONDS, request_body_sha256: createHash('sha256').update(BODY).digest('hex') };
  const directory: KeyDirectory = {
    fetch: () => Promise.resolve('unavailable'),
    post: (_url, body) =>
      Promise.resolve(
        body['key_id'] === 'known-key' ? { text: JSON.stringify({ key: { ...jwk, alg: 'ES256' } }) } : 'absent',
      ),
  };
  const of = (token: string, secret = 'api', keys: KeyDirectory | null = directory): Promise<Verification> =>
    check(token, using(secret), keys, 'Plaid-Verification');
  const signed = (more: object = {}, algorithm: JwtAlgorithm = 'ES256', kid = 'known-key'): string =>
    signJwt({ ...good, ...more }, algorithm, algorithm === 'ES256' ? signing : Buffer.from(plaid.secret), kid);

  test('a valid token is accepted, with a looked-up key and with a configured key', async () => {
    expect(await of(signed())).toMatchObject({ ok: true, bodyAuthenticated: true });
    expect(await of(signed(), JSON.stringify(jwk), null)).toMatchObject({ ok: true });
  });

  test('an unknown key, another algorithm, an old token and another body are refused [SIG-12]', async () => {
    expect(await of(signed({}, 'ES256', 'other-key'))).toEqual({ ok: false, reason: 'wrong_signature' });
    expect(await of(signed({}, 'HS256'))).toEqual({ ok: false, reason: 'malformed_signature' });
    expect(await of(signed({}, 'ES256', '../evil?x'))).toEqual({ ok: false, reason: 'malformed_signature' });
    expect(await of(signed({ iat: SECONDS - 301 }))).toEqual({ ok: false, reason: 'timestamp_too_old' });
    expect(await of(signed({ iat: undefined }))).toEqual({ ok: false, reason: 'malformed_timestamp' });
    expect(await of(signed({ request_body_sha256: 'x' }))).toEqual({ ok: false, reason: 'wrong_signature' });
    expect(await of(signed(), 'api', null)).toEqual({ ok: false, reason: 'key_unavailable' });
  });
});
