import type { VerificationSettings } from './verification-settings';
import { createHmac, randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  createVerifier,
  eventTypeOf,
  explain,
  findProvider,
  forgetInflated,
  HeaderList,
  type Verification,
  type Verifier,
  type WebhookRequest,
} from './index';

const NOW = 1_700_000_000_000;
const PLAIN = Buffer.from('{"id":"evt_1","type":"message.new"}');

function requestOf(body: Buffer, coding: string | null, signature = ''): WebhookRequest {
  const headers = new HeaderList([
    ...(coding === null ? [] : ['Content-Encoding', coding]),
    ...['X-Signature', signature, 'Linear-Signature', signature],
  ]);
  return { method: 'POST', target: '/in', headers, body, receivedAt: NOW };
}

const sign = (body: Buffer): string => createHmac('sha256', 'k').update(body).digest('hex');
const config = (provider: string, settings: object = {}) => ({
  provider,
  scheme: null,
  secrets: [{ value: 'k', expiresAt: null }],
  publicUrl: null,
  settings: settings as VerificationSettings,
});

function verifierOf(provider: string, settings: object = {}): Verifier {
  const verifier = createVerifier(config(provider, settings));
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return verifier;
}

const inflating = verifierOf('custom', { kind: 'hmac', header: 'X-Signature', body: 'inflated' });
const verify = (request: WebhookRequest): Promise<Verification> => Promise.resolve(inflating.verify(request));

const codings: [string, (body: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['X-GZIP', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
];

test.each(codings)('a body that was signed before it was compressed with %s is verified', async (coding, compress) => {
  const body = compress(PLAIN);
  expect(await verify(requestOf(body, coding, sign(PLAIN)))).toMatchObject({ ok: true, bodyAuthenticated: true });
  expect(await verify(requestOf(body, coding, sign(body)))).toMatchObject({ ok: false, reason: 'wrong_signature' });
  // Without the setting, the compressed body has to be signed.
  const plain = verifierOf('custom', { kind: 'hmac', header: 'X-Signature' });
  expect(await plain.verify(requestOf(body, coding, sign(PLAIN)))).toMatchObject({ ok: false });
  expect(await plain.verify(requestOf(body, coding, sign(body)))).toMatchObject({ ok: true });
});

test('a body without a coding is verified unchanged', async () => {
  for (const coding of [null, 'identity'])
    expect(await verify(requestOf(PLAIN, coding, sign(PLAIN)))).toMatchObject({ ok: true });
});

test.each<[string, string, Buffer, Buffer]>([
  ['a decompression bomb', 'gzip', gzipSync(Buffer.alloc(4 * 1024 * 1024)), Buffer.alloc(4 * 1024 * 1024)],
  [
    'a body that is too large',
    'br',
    brotliCompressSync(Buffer.alloc(4 * 1024 * 1024 + 1)),
    Buffer.alloc(4 * 1024 * 1024 + 1),
  ],
  ['a body in another coding than it says', 'br', gzipSync(PLAIN), PLAIN],
  ['a coding that is not known', 'zstd', PLAIN, PLAIN],
  ['a name that every object has', 'constructor', PLAIN, PLAIN],
  ['two codings', 'gzip, gzip', gzipSync(gzipSync(PLAIN)), PLAIN],
])('%s is refused', async (_what, coding, body, signed) => {
  const refused = { ok: false, reason: 'body_too_large_to_read' };
  expect(await verify(requestOf(body, coding, sign(signed)))).toMatchObject(refused);
  expect(eventTypeOf(requestOf(body, coding), undefined)).toBe(body === PLAIN ? 'message.new' : null);
});

test.each(codings)('type and delivery id of a body in %s are read, and its bytes are kept', (coding, compress) => {
  const body = compress(PLAIN);
  const request = requestOf(body, coding);
  expect(eventTypeOf(request, undefined)).toBe('message.new');
  expect(findProvider('stripe')?.eventType(request)).toBe('message.new');
  expect(findProvider('stripe')?.deliveryId(request)).toBe('evt_1');
  expect(request.body).toBe(body);
});

test('a timestamp inside a compressed body is checked', async () => {
  const linear = verifierOf('linear');
  const at = async (time: number): Promise<Verification> => {
    const body = gzipSync(JSON.stringify({ type: 'Issue', webhookTimestamp: time }));
    return linear.verify(requestOf(body, 'gzip', sign(body)));
  };
  expect(await at(NOW)).toMatchObject({ ok: true });
  expect(await at(NOW - 24 * 3600 * 1000)).toMatchObject({ ok: false });
});

test('a new signature is made over the inflated body', async () => {
  const body = gzipSync(PLAIN);
  const rawHeaders = ['Content-Encoding', 'gzip'];
  const input = { method: 'POST', body, rawHeaders, secret: 'k', publicUrl: null, timestamp: NOW, id: 'x' };
  expect(inflating.scheme.sign(input).headers).toEqual([['x-signature', sign(PLAIN)]]);
});

test('the explanation of a signature over the inflated body names the setting', async () => {
  const request = requestOf(gzipSync(PLAIN), 'gzip', sign(PLAIN));
  const explained = await explain(config('custom', { kind: 'hmac', header: 'X-Signature' }), request);
  expect(explained?.matches[0]?.fix).toContain('"body": "inflated"');
});

test.each([
  ['https://hooks.example.com:8443/sms', 'https://hooks.example.com/sms'],
  ['http://hooks.example.com:8080/sms', 'http://hooks.example.com/sms'],
  ['https://[2001:db8::1]/sms', 'https://[2001:db8::1]:443/sms'],
])('the explanation tries %s as %s', async (publicUrl, signed) => {
  const request = requestOf(PLAIN, null, sign(Buffer.concat([Buffer.from(signed), PLAIN])));
  const settings = { kind: 'hmac', header: 'X-Signature', template: '{url}{body}' };
  const explained = await explain({ ...config('custom', settings), publicUrl }, request);
  expect(explained?.matches.map(({ cause, message }) => [cause, message])).toEqual([
    ['public_url', expect.stringContaining(`the URL ${signed}`)],
  ]);
});

const MIB = 1024 * 1024;
/** JSON of about this many bytes, of which `noise` bytes do not compress. */
function jsonOf(bytes: number, noise: number): Buffer {
  const random = randomBytes(noise / 2).toString('hex');
  return Buffer.from(`{"filler":"${'x'.repeat(bytes - noise)}${random}","id":"evt_2","type":"late.type"}`);
}

test('a body is unpacked up to the body limit for its type, its id and its signature', async () => {
  const plain = jsonOf(6 * MIB, MIB);
  const request = { ...requestOf(gzipSync(plain), 'gzip', sign(plain)), bodyLimit: 8 * MIB };
  expect(await verify(request)).toMatchObject({ ok: true });
  expect(eventTypeOf(request, undefined)).toBe('late.type');
  expect(findProvider('stripe')?.deliveryId(request)).toBe('evt_2');
  for (const bodyLimit of [undefined, MIB, 6 * MIB])
    expect(await verify({ ...request, bodyLimit })).toMatchObject({ ok: false, reason: 'body_too_large_to_read' });
});

test('a decompression bomb is refused, whatever the body limit', async () => {
  const plain = jsonOf(16 * MIB, 2 * 64 * 1024);
  const body = gzipSync(plain);
  expect(plain.length / body.length).toBeGreaterThan(100);
  const request = { ...requestOf(body, 'gzip', sign(plain)), bodyLimit: 64 * MIB };
  expect(await verify(request)).toMatchObject({ ok: false, reason: 'body_too_large_to_read' });
  expect(eventTypeOf(request, undefined)).toBeNull();
});

test('nothing is unpacked if the type and the id are in headers', () => {
  const headers = HeaderList.from({
    'content-encoding': 'gzip',
    'x-shopify-topic': 'orders/create',
    'x-shopify-webhook-id': 'w-1',
  });
  const shopify = findProvider('shopify');
  const untouchable = new Proxy(PLAIN, {
    get: () => {
      throw new Error('The body was read.');
    },
  });
  const request: WebhookRequest = { ...requestOf(untouchable, null), headers };
  expect(eventTypeOf(request, shopify)).toBe('orders/create');
  expect(shopify?.deliveryId(request)).toBe('w-1');
  expect(() => eventTypeOf(request, undefined)).toThrow('was read');
});

test('a body is unpacked again if it is needed after it was forgotten', () => {
  const request = requestOf(gzipSync(PLAIN), 'gzip');
  expect(eventTypeOf(request, undefined)).toBe('message.new');
  request.body = gzipSync('{"type":"another"}');
  expect(eventTypeOf(request, undefined)).toBe('message.new');
  forgetInflated(request);
  expect(eventTypeOf(request, undefined)).toBe('another');
});
