import { createHash, createHmac } from 'node:crypto';
import { createVerifier, HeaderList, type Verification, type WebhookRequest } from './index';

const NOW = 1_795_000_000_000;

interface Sent {
  provider: string;
  scheme?: string;
  publicUrl: string;
  headers: Record<string, string | string[]>;
  body?: string;
  target?: string;
  method?: string;
  age?: number;
}

async function verify({
  provider,
  scheme,
  publicUrl,
  headers,
  body = '',
  target = '/in',
  method = 'POST',
  age = 0,
}: Sent): Promise<Verification> {
  const secrets = [{ value: 'k', expiresAt: null }];
  const verifier = createVerifier({ provider, scheme: scheme ?? null, secrets, publicUrl, settings: {} });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const request: WebhookRequest = {
    method,
    target,
    headers: HeaderList.from(headers),
    body: Buffer.from(body),
    receivedAt: NOW + age * 1000,
  };
  return verifier.verify(request);
}

const mac = (text: string | Buffer, algorithm = 'sha1', encoding: 'base64' | 'hex' = 'base64'): string =>
  createHmac(algorithm, 'k').update(text).digest(encoding);
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

describe('Twilio signs the URL with or without its port', () => {
  test.each([
    ['https://h.test:8443/sms', 'https://h.test/sms'],
    ['http://h.test:8080/sms', 'http://h.test/sms'],
    ['https://h.test/sms', 'https://h.test:443/sms'],
    ['http://h.test/sms', 'http://h.test:80/sms'],
    ['https://[2001:db8::1]/sms', 'https://[2001:db8::1]:443/sms'],
    ['https://[2001:db8::1]:8443/sms', 'https://[2001:db8::1]/sms'],
    ['https://u:p@h.test/sms', 'https://u:p@h.test:443/sms'],
    ['https://u:p@h.test:8443/sms', 'https://u:p@h.test/sms'],
    ['https://h.test/sms#rc=2', 'https://h.test/sms'],
  ])('%s is accepted when it was signed as %s', async (publicUrl, signed) => {
    const headers = { ...FORM, 'x-twilio-signature': mac(`${signed}Bodyhi`) };
    expect(await verify({ provider: 'twilio', publicUrl, headers, body: 'Body=hi' })).toMatchObject({ ok: true });
    const other = {
      ...FORM,
      'x-twilio-signature': mac(`${signed.replace('h.test', 'evil.test').replace('db8', 'db9')}Bodyhi`),
    };
    expect(await verify({ provider: 'twilio', publicUrl, headers: other, body: 'Body=hi' })).toMatchObject({
      ok: false,
    });
  });
});

test('Twilio sorts fields and values by code point', async () => {
  const [low, high] = ['\uff5e', '\u{1f600}'];
  const body = new URLSearchParams([
    [high, '1'],
    [low, high],
    [low, low],
  ]).toString();
  const signature = mac(`https://h.test/in${low}${low}${low}${high}${high}1`);
  const headers = { ...FORM, 'x-twilio-signature': signature };
  expect(await verify({ provider: 'twilio', publicUrl: 'https://h.test/in', headers, body })).toMatchObject({
    ok: true,
  });
});

test('an unknown algorithm of Twilio is refused, and SHA-1 is not accepted as SHA-256', async () => {
  const sent = (settings: string, algorithm: string): Promise<Verification> =>
    verify({
      provider: 'twilio',
      publicUrl: 'https://h.test/in',
      headers: {
        ...FORM,
        'x-twilio-webhooks-signature-settings': settings,
        'x-twilio-signature': mac('https://h.test/ina1', algorithm),
      },
      body: 'a=1',
    });
  expect(await sent('key=k1,algorithm=HMAC_SHA256', 'sha256')).toMatchObject({ ok: true });
  expect(await sent('key=k1,algorithm=HMAC_SHA256', 'sha1')).toMatchObject({ ok: false });
  expect(await sent('key=k1,algorithm=HMAC_MD5', 'md5')).toEqual({ ok: false, reason: 'malformed_signature' });
  expect(await sent('algorithm=HMAC_SHA1,algorithm=HMAC_SHA256', 'sha256')).toMatchObject({ ok: false });
});

describe('the query that arrived is verified, and the configured query replaces one that a proxy removed', () => {
  const publicUrl = 'https://h.test/in?foo=bar';
  const forms: readonly [string, (url: string) => Record<string, string>][] = [
    ['twilio', (url) => ({ ...FORM, 'x-twilio-signature': mac(`${url}a1`) })],
    ['mandrill', (url) => ({ ...FORM, 'x-mandrill-signature': mac(`${url}a1`) })],
    ['square', (url) => ({ ...FORM, 'x-square-hmacsha256-signature': mac(`${url}a=1`, 'sha256') })],
    ['trello', (url) => ({ ...FORM, 'x-trello-webhook': mac(`a=1${url}`) })],
    [
      'hubspot',
      (url) => ({
        ...FORM,
        'x-hubspot-signature-v3': mac(`POST${url}a=1${NOW}`, 'sha256'),
        'x-hubspot-request-timestamp': String(NOW),
      }),
    ],
  ];
  test.each(forms)('%s', async (provider, headersFor) => {
    const sent = (target: string, signed: string): Promise<Verification> =>
      verify({ provider, publicUrl, headers: headersFor(signed), body: 'a=1', target });
    expect(await sent('/in?foo=bar&x=1', `${publicUrl}&x=1`)).toMatchObject({ ok: true });
    expect(await sent('/in', publicUrl)).toMatchObject({ ok: true });
    expect(await sent('/in?foo=bar&x=2', `${publicUrl}&x=1`)).toMatchObject({ ok: false });
    expect(await sent('/in?foo=evil', publicUrl)).toMatchObject({ ok: false });
  });
});

test("Bird's signature of webhook subscriptions is accepted, even on a retry with the first timestamp hours later", async () => {
  const at = String(NOW / 1000);
  const body = '{"event":"x"}';
  const text = Buffer.concat([Buffer.from(`${at}\nhttps://h.test/in\n`), createHash('sha256').update(body).digest()]);
  const headers = { 'messagebird-signature': mac(text, 'sha256'), 'messagebird-request-timestamp': at };
  const sent = { provider: 'bird', scheme: 'signature', publicUrl: 'https://h.test/in', headers, body };
  expect(await verify(sent)).toMatchObject({ ok: true, bodyAuthenticated: true, coversTimestamp: true });
  expect(await verify({ ...sent, age: 4 * 3600 })).toMatchObject({ ok: true });
  expect(await verify({ ...sent, age: 25 * 3600 })).toEqual({ ok: false, reason: 'timestamp_too_old' });
  expect(await verify({ ...sent, body: '{"event":"y"}' })).toMatchObject({ ok: false });
});

test.each(['{body_sha256}', '{body_sha256_hex}', '{body_sha256_base64}'])(
  'a custom template with %s',
  async (place) => {
    const body = '{"a":1.10}';
    const hash = createHash('sha256').update(body);
    const written =
      { '{body_sha256}': hash.copy().digest(), '{body_sha256_hex}': hash.copy().digest('hex') }[place] ??
      hash.copy().digest('base64');
    const verifier = createVerifier({
      provider: 'custom',
      scheme: null,
      secrets: [{ value: 'k', expiresAt: null }],
      publicUrl: null,
      settings: { kind: 'hmac', header: 'x-sig', template: `v1:${place}` },
    });
    if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
    const signature = mac(Buffer.concat([Buffer.from('v1:'), Buffer.from(written as string)]), 'sha256', 'hex');
    const sent = (text: string): unknown =>
      verifier.verify({
        method: 'POST',
        target: '/in',
        headers: HeaderList.from({ 'x-sig': signature }),
        body: Buffer.from(text),
        receivedAt: NOW,
      });
    expect(sent(body)).toMatchObject({ ok: true, bodyAuthenticated: true });
    expect(sent('{"a":1.1}')).toMatchObject({ ok: false });
  },
);

test("Mollie's signature is accepted with or without its prefix, and twice while a secret is rotated", async () => {
  const good = mac('{}', 'sha256', 'hex');
  const old = createHmac('sha256', 'old').update('{}').digest('hex');
  const sent = (value: string | string[]): Promise<Verification> =>
    verify({
      provider: 'mollie',
      publicUrl: 'https://h.test/in',
      headers: { 'x-mollie-signature': value },
      body: '{}',
    });
  for (const value of [
    good,
    `sha256=${good}`,
    [`sha256=${old}`, `sha256=${good}`],
    [good, old],
    `sha256=${old},sha256=${good}`,
  ])
    expect([value, await sent(value)]).toEqual([value, expect.objectContaining({ ok: true })]);
  for (const value of [old, [old, old], `sha1=${good}`, '', 'sha256='])
    expect([value, (await sent(value)).ok]).toEqual([value, false]);
});
