import type { VerificationSettings } from './verification-settings';
import { createHash } from 'node:crypto';
import {
  createScheme,
  createVerifier,
  ecdsa,
  ed25519,
  HeaderList,
  hmac,
  jwt,
  rsa,
  token,
  type TestSecret,
  type Verification,
  type Verifier,
  type WebhookRequest,
} from './index';

const NOW = 1_700_000_000_000;
const BODY = Buffer.from('{"type":"thing.happened","amount":1.10}');

type Settings = VerificationSettings;

const kinds: [string, Settings][] = [
  ['hmac over the body', { kind: 'hmac', header: 'X-Sig' }],
  [
    'hmac with everything',
    {
      kind: 'hmac',
      header: 'X-Sig',
      algorithm: 'sha512',
      encoding: 'base64url',
      prefix: 's=',
      template: '{method}|{url}|{id}|{timestamp}|{body}',
      timestamp_header: 'X-Ts',
      timestamp_unit: 'iso8601',
      tolerance_seconds: 60,
      id_header: 'X-Id',
      secret_encoding: 'hex',
    },
  ],
  [
    'hmac in fields',
    {
      kind: 'hmac',
      header: 'X-Sig',
      separator: ';',
      signature_field: 'sig',
      timestamp_field: 'at',
      timestamp_unit: 'milliseconds',
      template: '{timestamp}.{body}',
    },
  ],
  ['hmac in a list', { kind: 'hmac', header: 'X-Sig', separator: ' ', prefix: 'v1,', encoding: 'base64' }],
  [
    'ed25519',
    { kind: 'ed25519', header: 'X-Sig', encoding: 'hex', template: '{timestamp}{body}', timestamp_header: 'X-Ts' },
  ],
  ['hmac in the query', { kind: 'hmac', signature_query: 'sig', algorithm: 'md5', template: '{url}{body}' }],
  ['ecdsa', { kind: 'ecdsa', header: 'X-Sig' }],
  ['rsa', { kind: 'rsa', header: 'X-Sig', algorithm: 'sha512' }],
  [
    'jwt',
    {
      kind: 'jwt',
      header: 'Authorization',
      prefix: 'Bearer ',
      algorithm: 'ES256',
      body_hash_claim: 'sha256',
      issuer: 'them',
    },
  ],
  ['token in a header', { kind: 'token', header: 'X-Token', prefix: 'Token ' }],
  ['token in the query', { kind: 'token', query: 'key' }],
  ['basic authentication', { kind: 'token', basic: true }],
  ['hash', { kind: 'hash', header: 'X-Sig', template: '{secret}{body}' }],
  [
    'hash with everything',
    {
      kind: 'hash',
      signature_query: 'sig',
      algorithm: 'md5',
      encoding: 'base64url',
      template: '{id}|{timestamp}|{body_sha256_hex}|{secret}',
      timestamp_header: 'X-Ts',
      id_header: 'X-Id',
      secret_encoding: 'hex',
    },
  ],
];

function made(settings: Settings, secret: string): Verifier {
  const verifier = createVerifier({
    provider: 'custom',
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: 'https://hooks.example.test/in',
    settings,
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return verifier;
}

/** Makes a random secret for these settings, and the key that signs for it. */
function pairFor({ kind, basic, secret_encoding: encoding }: Settings): TestSecret {
  const spec = { header: 'x' };
  const scheme = {
    hmac: () => hmac({ ...spec, secretEncoding: encoding as 'hex' | undefined }),
    hash: () => hmac({ ...spec, secretEncoding: encoding as 'hex' | undefined }),
    ed25519: () => ed25519(spec),
    ecdsa: () => ecdsa(spec),
    rsa: () => rsa(spec),
    jwt: () => jwt({ algorithm: 'ES256' }),
    token: () => token(basic ? { basic: true } : spec),
  }[kind as 'hmac'];
  return createScheme(scheme()).createTestSecret();
}

test.each(kinds)('%s: a signed request is verified, and another body or secret is refused', async (_, settings) => {
  const { secret, signingKey } = pairFor(settings);
  const verifier = made(settings, secret);
  const parts = verifier.scheme.sign({
    method: 'POST',
    body: BODY,
    rawHeaders: [],
    secret: signingKey,
    publicUrl: 'https://hooks.example.test/in',
    timestamp: NOW,
    id: 'm-1',
  });
  const request: WebhookRequest = {
    method: 'POST',
    target: parts.query === undefined ? '/in' : `/in?${parts.query}`,
    headers: new HeaderList(parts.headers.flat()),
    body: BODY,
    receivedAt: NOW,
  };
  const verification = await verifier.verify(request);
  expect(verification).toMatchObject({ ok: true });
  const covers = verification.ok && verification.bodyAuthenticated;
  expect(covers).toBe(settings['kind'] !== 'token');
  if (covers) expect(await verifier.verify({ ...request, body: Buffer.from('{}') })).toMatchObject({ ok: false });
  expect(await made(settings, pairFor(settings).secret).verify(request)).toMatchObject({ ok: false });
  expect(await verifier.verify({ ...request, target: '/in', headers: new HeaderList([]) })).toMatchObject({
    ok: false,
  });
});

test('the delivery id and the event type are read from the configured headers', () => {
  const verifier = made({ kind: 'hmac', header: 'X-Sig', id_header: 'X-Id', event_type_header: 'X-Type' }, 'k');
  const headers = HeaderList.from({ 'x-id': 'd-1', 'X-TYPE': 'a.b' });
  const request = { method: 'POST', target: '/in', headers, body: BODY, receivedAt: NOW };
  expect([verifier.provider.deliveryId(request), verifier.provider.eventType(request)]).toEqual(['d-1', 'a.b']);
});

test.each<[Settings, string[]]>([
  [{}, ['kind']],
  [{ kind: 'md5' }, ['kind']],
  [{ kind: 'token' }, ['header']],
  [{ kind: 'token', header: 'X-A', query: 'b' }, ['header']],
  [{ kind: 'token', header: 'X-A', template: '{body}' }, ['template']],
  [{ kind: 'token', basic: 'yes' }, ['basic', 'header']],
  [{ kind: 'token', header: 'X-A', body_path: 'a' }, ['header']],
  [{ kind: 'token', body_path: 'a', prefix: 'b' }, ['prefix']],
  [{ kind: 'token', body_path: 'a.' }, ['body_path']],
  [{ kind: 'token', body_path: '/a/~2' }, ['body_path']],
  [{ kind: 'token', body_path: 'tokens.0' }, ['body_path']],
  [{ kind: 'token', body_path: `/${Array(17).fill('a').join('/')}` }, ['body_path']],
  [{ kind: 'hash', header: 'X-A' }, ['template']],
  [{ kind: 'hash', header: 'X-A', template: '{secret}' }, ['template']],
  [{ kind: 'hash', header: 'X-A', template: '{body}' }, ['template']],
  [{ kind: 'hash', header: 'X-A', template: '{secret}{body}', algorithm: 'sha3' }, ['algorithm']],
  [{ kind: 'hmac', header: 'X-A', template: '{secret}{body}' }, ['template']],
  [{ kind: 'jwt', header: 'X-A' }, ['algorithm']],
  [{ kind: 'jwt', header: 'X-A', algorithm: 'none' }, ['algorithm']],
  [{ kind: 'hmac', header: 'X-A', signature_query: 'b c' }, ['header', 'signature_query']],
  [{ kind: 'hmac' }, ['header']],
  [{ kind: 'hmac', header: 'X-A', template: '{timestamp}' }, ['template', 'timestamp_header']],
  [{ kind: 'hmac', header: 'X-A', template: '{id}{body}' }, ['id_header']],
  [{ kind: 'hmac', header: 'X-A', signature_field: 's' }, ['signature_field']],
  [
    { kind: 'hmac', header: 'X-A', tolerance_seconds: 1.5, timestamp_unit: 'days', encoding: 'utf8' },
    ['encoding', 'timestamp_unit', 'tolerance_seconds'],
  ],
  [
    { kind: 'ecdsa', header: 'X-A', secret_encoding: 'hex', algorithm: 'md5', prefix: 5 },
    ['algorithm', 'prefix', 'secret_encoding'],
  ],
])('every mistake in %j is named', (settings, fields) => {
  const problems = createVerifier({
    provider: 'custom',
    scheme: null,
    secrets: [{ value: 'k', expiresAt: null }],
    publicUrl: null,
    settings,
  });
  if (!Array.isArray(problems)) throw new Error('no mistakes');
  expect(problems.map(({ field }) => field.replace('settings.', '')).sort()).toEqual(fields);
});

function ask(
  settings: Settings,
  secret: string,
  body: Buffer | string,
  headers: Record<string, string> = {},
  target = '/in',
): Verification | Promise<Verification> {
  const request = {
    method: 'POST',
    target,
    headers: HeaderList.from(headers),
    body: Buffer.from(body),
    receivedAt: NOW,
  };
  return made(settings, secret).verify(request);
}

const digest = (algorithm: string, ...parts: (string | Buffer)[]): string => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

test.each<[string, Settings, string]>([
  ['SHA-256 of secret and body', { template: '{secret}{body}' }, digest('sha256', 'k', BODY)],
  ['SHA-256 of body and secret', { template: '{body}{secret}' }, digest('sha256', BODY, 'k')],
  ['MD5 with text between', { algorithm: 'md5', template: '{body}:{secret}' }, digest('md5', BODY, ':k')],
  ['SHA-1', { algorithm: 'sha1', template: '{secret}{body}' }, digest('sha1', 'k', BODY)],
  ['SHA-384', { algorithm: 'sha384', template: '{secret}.{body}' }, digest('sha384', 'k.', BODY)],
  [
    'SHA-512 with a method',
    { algorithm: 'sha512', template: '{method}{secret}{body}' },
    digest('sha512', 'POSTk', BODY),
  ],
])('a plain digest computed by others is verified: %s', async (_, settings, signature) => {
  const all = { kind: 'hash', header: 'X-Sig', ...settings };
  expect(await ask(all, 'k', BODY, { 'x-sig': signature })).toMatchObject({ ok: true, bodyAuthenticated: true });
  expect(await ask(all, 'l', BODY, { 'x-sig': signature })).toMatchObject({ ok: false, reason: 'wrong_signature' });
  const asHmac = { kind: 'hmac', header: 'X-Sig', algorithm: settings['algorithm'] };
  expect(await ask(asHmac, 'k', BODY, { 'x-sig': signature })).toMatchObject({ ok: false });
});

test('a digest of a decoded secret hashes its bytes, which need not be UTF-8', async () => {
  const secret = 'ff00c3';
  const signature = digest('sha256', Buffer.from(secret, 'hex'), BODY);
  const settings = { kind: 'hash', header: 'X-Sig', template: '{secret}{body}', secret_encoding: 'hex' };
  expect(await ask(settings, secret, BODY, { 'x-sig': signature })).toMatchObject({ ok: true });
});

test('an extended body under the digest of a shorter one is refused, for custom and catalogue providers', async () => {
  // An attacker without the secret can send the sender's body, the padding of SHA-256, and more. They can compute the digest of
  // this body. Here it is computed with the secret instead.
  const secret = 'a secret of 20 bytes';
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt((secret.length + BODY.length) * 8));
  const zeros = Buffer.alloc((119 - ((secret.length + BODY.length) % 64)) % 64);
  const longer = Buffer.concat([BODY, Buffer.of(0x80), zeros, length, Buffer.from('{"amount":9000}')]);
  const signature = digest('sha256', secret, longer);
  const settings = { kind: 'hash', header: 'X-Sig', template: '{secret}{body}' };
  const refused = { ok: false, reason: 'malformed_body' };
  expect(await ask(settings, secret, longer, { 'x-sig': signature })).toMatchObject(refused);
  const hubspot = createVerifier({
    provider: 'hubspot',
    scheme: 'v1',
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: null,
    settings: {},
  });
  if (Array.isArray(hubspot)) throw new Error(JSON.stringify(hubspot));
  const headers = HeaderList.from({ 'x-hubspot-signature': signature });
  expect(await hubspot.verify({ method: 'POST', target: '/in', headers, body: longer, receivedAt: NOW })).toMatchObject(
    refused,
  );
  // With the secret after the body nobody can extend it, so any bytes may be sent.
  const behind = { ...settings, template: '{body}{secret}' };
  expect(await ask(behind, secret, longer, { 'x-sig': digest('sha256', longer, secret) })).toMatchObject({ ok: true });
});

test('stored settings with {secret} in the template of an HMAC still work', () => {
  const config = {
    provider: 'custom',
    scheme: null,
    secrets: [{ value: 'k', expiresAt: null }],
    publicUrl: null,
    settings: { kind: 'hmac', header: 'X-Sig', template: '{secret}{body}' },
  };
  expect(Array.isArray(createVerifier(config))).toBe(true);
  expect(Array.isArray(createVerifier(config, { stored: true }))).toBe(false);
});

const inBody = { kind: 'token', body_path: 'auth.passcode' };

test.each<[string, Settings, string | Buffer, object]>([
  ['the secret at its path', inBody, '{"auth":{"passcode":"s-1"},"n":1.10}', { ok: true, bodyAuthenticated: false }],
  ['a JSON pointer', { kind: 'token', body_path: '/a.b/~1c~0' }, '{"a.b":{"/c~":"s-1"}}', { ok: true }],
  ['an item of a list', { kind: 'token', body_path: 'l.1.p' }, '{"l":[{"p":"x"},{"p":"s-1"}]}', { ok: true }],
  [
    'the wrong item of a list',
    { kind: 'token', body_path: 'l.1.p' },
    '{"l":[{"p":"s-1"}]}',
    { reason: 'missing_signature' },
  ],
  ['another secret', inBody, '{"auth":{"passcode":"s-2"}}', { reason: 'wrong_signature' }],
  ['more than the secret', inBody, '{"auth":{"passcode":"s-1 "}}', { reason: 'wrong_signature' }],
  ['no secret', inBody, '{"auth":{}}', { reason: 'missing_signature' }],
  ['an empty text', inBody, '{"auth":{"passcode":""}}', { reason: 'missing_signature' }],
  ['an object', inBody, '{"auth":{"passcode":{"s-1":1}}}', { reason: 'malformed_body' }],
  ['a list with the secret', inBody, '{"auth":{"passcode":["s-1"]}}', { reason: 'malformed_body' }],
  ['a repeated name', inBody, '{"auth":{"passcode":"x","passcode":"s-1"}}', { reason: 'malformed_body' }],
  ['a repeated name on the path', inBody, '{"auth":1,"auth":{"passcode":"s-1"}}', { reason: 'malformed_body' }],
  ['a form', inBody, 'auth.passcode=s-1', { reason: 'malformed_body' }],
  ['a body that breaks off', inBody, '{"auth":{"passcode":"s-1"}', { reason: 'malformed_body' }],
  [
    'deep brackets',
    inBody,
    `{"auth":{"passcode":"s-1"},"d":${'['.repeat(70_000)}${']'.repeat(70_000)}}`,
    { reason: 'body_too_large_to_read' },
  ],
  ['2 MiB', inBody, `{"x":"${'x'.repeat(2 * 1024 * 1024)}","auth":{"passcode":"s-1"}}`, { ok: true }],
])('verifying a secret in the body: %s', async (_, settings, body, expected) => {
  expect(await ask(settings, 's-1', body)).toMatchObject(expected);
});

test('a number in the body is never accepted as a secret', async () => {
  expect(await ask(inBody, '12', '{"auth":{"passcode":12}}')).toMatchObject({ reason: 'malformed_body' });
});

test('signing a secret into the body changes only that text, and fails if there is no place for it', async () => {
  const scheme = made(inBody, 'new').scheme;
  const sign = (body: string): string =>
    (
      scheme.sign({
        method: 'POST',
        body: Buffer.from(body),
        rawHeaders: [],
        secret: 'new',
        publicUrl: null,
        timestamp: NOW,
        id: '',
      }).body as Buffer
    ).toString();
  const signed = sign('{"n":1.10, "auth":{ "passcode" : "old" }}');
  expect(signed).toBe('{"n":1.10, "auth":{ "passcode" : "new" }}');
  expect(await ask(inBody, 'new', signed)).toMatchObject({ ok: true });
  expect(() => sign('{"auth":{}}')).toThrow('no auth.passcode');
  expect(() => sign('{"auth":{"passcode":"a","passcode":"b"}}')).toThrow('twice');
  expect(() => sign('n=1')).toThrow('not JSON');
});

test('a weak scheme says why it is weak, and its secret in a body is a credential', () => {
  const notes = (settings: Settings): string =>
    (made(settings, 'k').provider.spec.notes ?? []).map(({ text }) => text).join();
  expect(notes({ kind: 'hash', header: 'X-A', template: '{secret}{body}' })).toContain('weaker than an HMAC');
  expect(notes(inBody)).toContain('carries the secret in its body');
  expect(notes({ kind: 'hmac', header: 'X-A' })).toBe('');
  const { credential, provider } = made(inBody, 'k');
  expect([credential, provider.credentials.members]).toEqual([{ shared: true, body: true }, ['passcode']]);
});
