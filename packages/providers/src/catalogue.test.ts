import { spawnSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import {
  catalogue,
  createVerifier,
  detect,
  HeaderList,
  type KeyDirectory,
  type Scheme,
  type WebhookRequest,
} from './index';

const NOW = 1_700_000_000_000;
const URL_AT_PROVIDER = 'https://hooks.example.test/in/abc';

/** Bodies with the places where some schemes write their signature. */
const bodies: Readonly<Record<string, string>> = {
  adyen:
    '{"live":"false","notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"old"},"pspReference":"7914073381342284","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704","amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true"}}]}',
  mailgun: '{"signature":{"timestamp":"1","token":"t","signature":"s"},"event-data":{"event":"opened","n":1.10}}',
  'microsoft-graph': '{"value":[{"id":"1","clientState":"x","changeType":"created"},{"id":"2","clientState":"y"}]}',
  'aws-sns':
    '{"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:eu-central-1:123456789012:paggio-test","Message":"hello","Timestamp":"x","SignatureVersion":"2","Signature":"x","SigningCertURL":"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"}',
  linear: `{"type":"Issue","action":"create","webhookTimestamp":${NOW}}`,
};
/** Settings that a scheme needs to sign. */
const settings: Readonly<Record<string, Record<string, string>>> = { livekit: { api_key: 'APIkey' } };
const contentTypes: Readonly<Record<string, string>> = {
  'url-fields': 'application/x-www-form-urlencoded',
};

/** The published key that belongs to this private key. It counts look-ups. */
function directoryOf(signingKey: string): KeyDirectory & { asked: string[] } {
  const asked: string[] = [];
  const pem = signingKey.slice(signingKey.indexOf('-----BEGIN'));
  const text = (): string => createPublicKey(pem).export({ format: 'pem', type: 'spki' }) as string;
  const found = (url: string): Promise<{ text: string }> => (asked.push(url), Promise.resolve({ text: text() }));
  return { asked, fetch: found, post: found };
}

const cases = catalogue.flatMap((provider) =>
  Object.entries(provider.schemes).map(([name, scheme]) => [provider.name, name, scheme] as const),
);

function bodyOf(provider: string, kind: string): Buffer {
  if (kind === 'url-fields') return Buffer.from('b=2&a=1%20x&a=3');
  return Buffer.from(bodies[provider] ?? '{"type":"thing.happened","amount":1.10,"n":12345678901234567890}\r\n');
}

interface Signed {
  request: WebhookRequest;
  verify: (request: WebhookRequest, secret?: string) => Promise<boolean>;
  directory: ReturnType<typeof directoryOf>;
}

/** Each request is signed once, because making the keys of some schemes takes long. */
const known = new Map<Scheme, Signed>();

function signedOnceBy(provider: string, schemeName: string, scheme: Scheme): Signed {
  const signed = known.get(scheme) ?? signedBy(provider, schemeName, scheme);
  known.set(scheme, signed);
  return signed;
}

function signedBy(provider: string, schemeName: string, scheme: Scheme): Signed {
  const pair = scheme.createTestSecret();
  expect(scheme.secretProblem(pair.secret)).toBeNull();
  expect(scheme.signingKeyProblem(pair.signingKey)).toBeNull();
  const type = contentTypes[scheme.kind] ?? 'application/json';
  const body = bodyOf(provider, scheme.kind);
  const parts = scheme.sign({
    method: 'POST',
    body,
    rawHeaders: ['Content-Type', type],
    secret: pair.signingKey,
    publicUrl: URL_AT_PROVIDER,
    timestamp: NOW,
    id: 'msg_1',
    settings: settings[provider] ?? {},
  });
  for (const [name] of parts.headers) expect(scheme.signingHeaders).toContain(name);
  const directory = directoryOf(pair.signingKey);
  const request: WebhookRequest = {
    method: 'POST',
    target: parts.query === undefined ? '/in/abc' : `/in/abc?${parts.query}`,
    headers: HeaderList.from({ 'Content-Type': type, ...Object.fromEntries(parts.headers) }),
    body: parts.body ?? body,
    receivedAt: NOW,
  };
  const verify = async (changed: WebhookRequest, secret = pair.secret): Promise<boolean> => {
    const made = createVerifier(
      {
        provider,
        scheme: schemeName,
        secrets: [{ value: secret, expiresAt: null }],
        publicUrl: URL_AT_PROVIDER,
        settings: settings[provider] ?? {},
      },
      { keys: directory },
    );
    if (Array.isArray(made)) throw new Error(JSON.stringify(made));
    return (await made.verify(changed)).ok;
  };
  return { request, verify, directory };
}

test('there are at least sixty providers, each with its own name', () => {
  expect(catalogue.length).toBeGreaterThanOrEqual(60);
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  for (const { name, spec, schemes, defaultScheme } of catalogue) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(spec.documentation).toMatch(/^https:\/\//);
    expect([name, spec.secret.length > 5, spec.setup.length > 10]).toEqual([name, true, true]);
    expect(schemes[defaultScheme]).toBeDefined();
  }
});

test('the catalogue is plain data that JSON leaves unchanged', () => {
  for (const { spec } of catalogue) expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
});

test.each(catalogue.flatMap(({ name, spec }) => spec.detect.map((rule, index) => [name, index, rule] as const)))(
  '%s is detected by its rule %i, and no other provider is',
  (name, _, { header, startsWith, also = [] }) => {
    const present = also.filter((other) => !other.startsWith('!'));
    const headers = { [header]: `${startsWith ?? 'x'}/1`, ...Object.fromEntries(present.map((other) => [other, 'x'])) };
    expect(detect(HeaderList.from({ 'Content-Type': 'application/json', ...headers }))?.name).toBe(name);
  },
);

describe('a scheme verifies what it signs, and nothing else', () => {
  test.each(cases)('%s, %s', async (provider, name, scheme) => {
    const { request, verify } = signedOnceBy(provider, name, scheme);
    expect(await verify(request)).toBe(true);

    // Another secret of the same form.
    const other = scheme.kind === 'sns' ? 'arn:aws:sns:eu-central-1:123456789012:another' : undefined;
    const wrong = other ?? (scheme.kind === 'paypal' ? '0OTHER0WEBHOOK0ID' : scheme.createTestSecret().secret);
    expect(await verify(request, wrong)).toBe(false);

    // A request without any proof.
    const bare = { ...request, target: '/in/abc', headers: HeaderList.from({ 'Content-Type': 'application/json' }) };
    const inBody =
      ['adyen', 'body-fields', 'sns'].includes(scheme.kind) || ['microsoft-graph', 'wix'].includes(provider);
    expect(await verify(inBody ? { ...bare, body: bodyOf(provider, scheme.kind) } : bare)).toBe(false);

    // The age of a signed timestamp.
    const result = await verify({ ...request, receivedAt: NOW + 25 * 3600_000 });
    const dated = /timestamp|"iat"/.test(
      JSON.stringify(catalogue.find((one) => one.name === provider)?.spec.schemes[name]),
    );
    if (dated) expect(result).toBe(false);
  });

  test.each(cases.filter(([, , scheme]) => !['token', 'adyen', 'body-fields'].includes(scheme.kind)))(
    '%s, %s: a changed body is refused',
    async (provider, name, scheme) => {
      const { request, verify } = signedOnceBy(provider, name, scheme);
      if (provider === 'monday') return;
      const text = request.body.toString('latin1');
      const changed = text.includes('hello') ? text.replace('hello', 'hellp') : `${text.slice(0, -1)}\u0001`;
      expect(changed).not.toBe(text);
      expect(await verify({ ...request, body: Buffer.from(changed, 'latin1') })).toBe(false);
    },
  );

  test.each(cases.filter(([, , scheme]) => scheme.signingHeaders.length > 0))(
    '%s, %s: a repeated, cut or lengthened signature header is refused',
    async (provider, name, scheme) => {
      const { request, verify } = signedOnceBy(provider, name, scheme);
      const spec = catalogue.find((one) => one.name === provider)?.spec.schemes[name];
      const unread = spec?.kind === 'hmac' ? (spec.companions ?? []).flatMap((one) => one.header) : [];
      for (const header of new Set(request.headers.names())) {
        if (header === 'content-type' || unread.includes(header)) continue;
        const value = request.headers.get(header) as string;
        const others = request.headers.raw.flatMap((text, i) =>
          i % 2 === 0 && text.toLowerCase() !== header ? [text, request.headers.raw[i + 1] as string] : [],
        );
        const withValues = (...values: string[]): WebhookRequest => ({
          ...request,
          headers: new HeaderList([...others, ...values.flatMap((one) => [header, one])]),
        });
        expect(await verify(withValues(value))).toBe(true);
        for (const values of [[value, value], [`${value}zz`], [value.slice(0, -1)], ['']]) {
          // Mollie sends the header twice while a secret is rotated.
          if (provider === 'mollie' && values.length === 2) continue;
          // The URL of a certificate is checked by its host.
          if (header === 'paypal-cert-url' && values.length === 1 && values[0] !== '') continue;
          expect([header, values, await verify(withValues(...values))]).toEqual([header, values, false]);
        }
      }
    },
  );
});

test('a certificate is fetched only from hosts of its provider', async () => {
  const scheme = catalogue.find(({ name }) => name === 'paypal')?.schemes['certificate'] as Scheme;
  const { request, verify, directory } = signedBy('paypal', 'certificate', scheme);
  for (const url of [
    'https://paypal.com.evil.test/cert',
    'https://evilpaypal.com/cert',
    'http://api.paypal.com/cert',
    'https://api.paypal.com:8443/cert',
    'https://user@api.paypal.com/cert',
    'https://api.paypal.com@evil.test/cert',
    'https://127.0.0.1/cert',
    'nonsense',
  ]) {
    const raw = request.headers.raw.map((text, i, all) => (all[i - 1] === 'paypal-cert-url' ? url : text));
    expect(await verify({ ...request, headers: new HeaderList(raw) })).toBe(false);
  }
  expect(directory.asked).toEqual([]);
});

test('the committed pages match the catalogue (npm run docs)', () => {
  const root = join(__dirname, '../../..');
  // Prettier takes most of the time of the exact comparison. `npm run format:check` finds a wrong layout too.
  const check = process.env['PAGGIO_FULL'] === '1' ? '--check' : '--check-words';
  const { status, stderr } = spawnSync(process.execPath, ['scripts/provider-docs.mjs', check], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect([status, stderr]).toEqual([0, '']);
});
