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
  type Verifier,
  type WebhookRequest,
} from './index';

const NOW = 1_700_000_000_000;
const BODY = Buffer.from('{"type":"thing.happened","amount":1.10}');

type Settings = Record<string, unknown>;

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

/** A random secret of the settings' kind, and what signs for it. */
function pairFor({ kind, basic, secret_encoding: encoding }: Settings): TestSecret {
  const spec = { header: 'x' };
  const scheme = {
    hmac: () => hmac({ ...spec, secretEncoding: encoding as 'hex' | undefined }),
    ed25519: () => ed25519(spec),
    ecdsa: () => ecdsa(spec),
    rsa: () => rsa(spec),
    jwt: () => jwt({ algorithm: 'ES256' }),
    token: () => token(basic ? { basic: true } : spec),
  }[kind as 'hmac'];
  return createScheme(scheme()).createTestSecret();
}

test.each(kinds)('%s: what is signed is verified, another body or secret is not', async (_, settings) => {
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

test('the delivery id and the event type come from the headers that are named', () => {
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
])('mistakes in %j are all named', (settings, fields) => {
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
