import fc from 'fast-check';
import {
  catalogue,
  createVerifier,
  detect,
  eventTypeOf,
  explain,
  HeaderList,
  type KeyDirectory,
  type VerificationConfig,
  type WebhookRequest,
} from './index';

// Any request gets an answer. An exception would be a 500.

const NOW = 1_700_000_000_000;
// For each scheme. Schemes share most of their code.
const full = process.env['PAGGIO_FULL'] === '1';
const RUNS = full ? 5_000 : 6;
const EXPLAINED = full ? 170 : 1;

const keys: KeyDirectory = {
  fetch: (url) => Promise.resolve({ text: `no key of ${url}` }),
  post: () => Promise.resolve({ text: '{"key":null}' }),
};

const rsaKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyRF5ZgHLbjGIy0c/zq7t
9dTDhk4jjXgMdBmNLUBUNia4Zu9kN+Vh/+4IHJJpgWxSPYwzTSPD8FSA5bGlcgLj
M/76Bb5QUxDmGnDl/TVgvCXvePL1Z6swN57JanTGEDLFJW8EPQPbwzctJs/r8aLY
g4mrS0H90jnAHPzb/sgXN7CI9gTzwScErCGF4/auOFLHSN/qLwDxciUIIu4vUyDr
s2g3r4Lspumd3YYw7q4mf4t+DcuI+iqo0FISsEPRjj13XyRfKDgKkb4qOT17NozI
9DeFUYEboMatf4lGknYYw+uDcxroqnnveUxtbJ3FEdPNjcmwRojIrTUl1ZXtU/rM
YwIDAQAB
-----END PUBLIC KEY-----
`;
/** Secrets for schemes with RSA, because making a pair of such keys costs more than the rest of their test. */
const madeSecrets: Readonly<Record<string, string>> = {
  'aws-sns': 'arn:aws:sns:eu-central-1:123456789012:paggio-test',
  paypal: '0TEST0WEBHOOK0ID0',
  wise: rsaKey,
  wix: rsaKey,
};

const odd = fc.oneof(
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc.constantFrom(
    '',
    'v1=',
    't=1700000000,v1=zz',
    'sha256=',
    'v0=00',
    '0',
    'a.b.c',
    'Bearer a.b.c',
    'Basic !!',
    '1700000000',
    ','.repeat(50),
    '='.repeat(50),
  ),
  fc.base64String({ maxLength: 200 }),
  fc.stringMatching(/^[0-9a-f]{0,130}$/),
);
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
/** Explaining a body prints it with indentation, which is long for a deep body. */
const EXPLAINED_LEVELS = full ? 3_000 : 300;
const bodiesWith = (levels: number): fc.Arbitrary<Buffer> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json({ maxDepth: 4 }).map((text) => Buffer.from(text)),
    fc
      .constantFrom(
        '',
        '{}',
        '[]',
        'null',
        '{"events":[]}',
        '{"type":"url_verification","challenge":{}}',
        '{"__proto__":{}}',
        deep(levels),
        'payload=%',
        'payload={',
        '{"value":[null]}',
        '{"notificationItems":[{}]}',
        '{"verification_token":[]}',
      )
      .map((text) => Buffer.from(text)),
  );
/** Every character that a path may have as it is, and any other one in escapes. */
const pathPart = fc.oneof(
  fc.constantFrom(..."/:@!$&'()*+,;=-._~azAZ09"),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => encodeURIComponent(String.fromCharCode(unit).toWellFormed())),
);
const targets = fc.oneof(
  fc.constantFrom(
    '/in',
    '/in?',
    '/in?challenge=%',
    '/in?hub.mode=subscribe',
    '/in?crc_token=%ff&crc_token=x',
    '/in?validationToken=%E0%A4%A',
    '/in?signature=&signature=',
  ),
  fc.array(pathPart, { maxLength: 20 }).map((parts) => `/${parts.join('')}?${parts.join('')}`),
);

function requestsFor(names: readonly string[], levels: number): fc.Arbitrary<WebhookRequest> {
  return fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
    target: targets,
    headers: fc
      .array(fc.tuple(fc.constantFrom(...names, 'content-type', 'user-agent', 'host'), odd), { maxLength: 12 })
      .map((pairs) => new HeaderList(pairs.flat())),
    body: bodiesWith(levels),
    receivedAt: fc.constant(NOW),
  });
}

const cases = catalogue.flatMap((provider) =>
  Object.keys(provider.schemes).map((scheme) => [provider.name, scheme, provider] as const),
);

test.each(cases)('%s, %s: any request gets an answer, and none is verified', async (name, scheme, provider) => {
  const working = provider.schemes[scheme];
  const secret = (madeSecrets[name] ?? working?.createTestSecret().secret) as string;
  const config: VerificationConfig = {
    provider: name,
    scheme,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: 'https://hooks.example.test/in?a=%zz',
    settings: {},
  };
  const verifier = createVerifier(config, { keys });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const marks = JSON.stringify(provider.spec).match(/(?<="(?:name|header)":")[^"]+/g) ?? [];
  const names = [...(working?.signingHeaders ?? []), ...marks.filter((text) => /^[a-z0-9-]+$/.test(text)), 'x-any'];
  await fc.assert(
    fc.asyncProperty(requestsFor(names, 3_000), async (request) => {
      const verification = await verifier.verify(request);
      const answer = verifier.handshake(request, verification);
      const type = eventTypeOf(request, provider);
      expect({
        isVerified: verification.ok,
        hasStatus: answer === undefined || (answer.status >= 200 && answer.status < 500),
        broken: answer?.headers?.filter((header) => /[\r\n\0]/.test(header.join(': '))) ?? [],
        hasType: type === null || type.length <= 256,
      }).toEqual({ isVerified: false, hasStatus: true, broken: [], hasType: true });
      provider.deliveryId(request);
      detect(request.headers);
    }),
    { numRuns: RUNS },
  );
  await fc.assert(
    fc.asyncProperty(requestsFor(names, EXPLAINED_LEVELS), async (request) => {
      const explained = await explain(config, request, { keys, otherSecrets: [{ value: `${secret}x`, label: 'x' }] });
      expect(explained?.matches).toEqual([]);
      expect(JSON.stringify(explained)).not.toContain(secret);
    }),
    { numRuns: EXPLAINED },
  );
});
