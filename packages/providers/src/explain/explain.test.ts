import { createHash, createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  createScheme,
  explain,
  findProvider,
  HeaderList,
  type Explanation,
  type Scheme,
  type VerificationConfig,
} from '../index';
import type { WebhookRequest } from '../webhook-request';

const NOW = 1_700_000_000_000;
const SECRET = 'the right secret of this webhook';
const BODY = '{\n  "type": "invoice.paid",\n  "name": "é/x"\n}\n';

function config(provider: string, change: Partial<VerificationConfig> = {}): VerificationConfig {
  const secrets = [{ value: SECRET, expiresAt: null }];
  return { provider, scheme: null, secrets, publicUrl: null, settings: {}, ...change };
}

function request(
  headers: Record<string, string | string[]>,
  body: string | Buffer = BODY,
  target = '/in',
): WebhookRequest {
  return {
    method: 'POST',
    target,
    headers: HeaderList.from(headers),
    body: Buffer.from(body as string),
    receivedAt: NOW,
  };
}

function signed(
  provider: string,
  body: string | Buffer,
  secret = SECRET,
  timestamp = NOW,
  publicUrl: string | null = null,
): Record<string, string> {
  const found = findProvider(provider);
  const scheme = found?.schemes[found.defaultScheme] as Scheme;
  const input = { method: 'POST', rawHeaders: [], publicUrl, timestamp, id: 'm' };
  return Object.fromEntries(scheme.sign({ ...input, body: Buffer.from(body as string), secret }).headers);
}

const hmac = (
  algorithm: string,
  key: string | Buffer,
  text: string | Buffer,
  encoding: 'hex' | 'base64' = 'hex',
): string => createHmac(algorithm, key).update(text).digest(encoding);

async function causes(explaining: Promise<Explanation | null>): Promise<string[]> {
  return ((await explaining)?.matches ?? []).map(({ cause }) => cause);
}

const compact = JSON.stringify(JSON.parse(BODY));

describe('the cause is found, and no other', () => {
  const cases: [string, string, () => Promise<Explanation | null>][] = [
    ['old', 'clock', () => explain(config('stripe'), request(signed('stripe', BODY, SECRET, NOW - 4000_000)))],
    ['in the future', 'clock', () => explain(config('stripe'), request(signed('stripe', BODY, SECRET, NOW + 400_000)))],
    [
      'an expired secret',
      'expired_secret',
      () =>
        explain(
          config('github', {
            secrets: [
              { value: 'new', expiresAt: null },
              { value: SECRET, expiresAt: NOW - 1 },
            ],
          }),
          request(signed('github', BODY)),
        ),
    ],
    [
      "another endpoint's secret",
      'other_secret',
      () =>
        explain(config('github'), request(signed('github', BODY, 'dev secret')), {
          otherSecrets: [
            { value: 'nothing', label: 'endpoint "a"' },
            { value: 'dev secret', label: 'endpoint "github-dev"' },
          ],
        }),
    ],
    [
      'a secret with a space',
      'secret_form',
      () =>
        explain(
          config('github', { secrets: [{ value: ` ${SECRET}`, expiresAt: null }] }),
          request(signed('github', BODY)),
        ),
    ],
    [
      'a secret in quotes',
      'secret_form',
      () =>
        explain(
          config('github', { secrets: [{ value: `"${SECRET}"`, expiresAt: null }] }),
          request(signed('github', BODY)),
        ),
    ],
    [
      'a Stripe secret that the sender decodes',
      'secret_form',
      () =>
        explain(
          config('stripe', { secrets: [{ value: 'c2VjcmV0IGJ5dGVzIMO/', expiresAt: null }] }),
          request({
            'stripe-signature': `t=1700000000,v1=${hmac('sha256', Buffer.from('c2VjcmV0IGJ5dGVzIMO/', 'base64'), `1700000000.${BODY}`)}`,
          }),
        ),
    ],
    ['a re-serialised body', 'body_changed', () => explain(config('github'), request(signed('github', BODY), compact))],
    ['a body that was compact', 'body_changed', () => explain(config('github'), request(signed('github', compact)))],
    [
      'a stripped line break',
      'body_changed',
      () => explain(config('github'), request(signed('github', 'hello\n'), 'hello')),
    ],
    [
      'an added line break',
      'body_changed',
      () => explain(config('github'), request(signed('github', 'hello'), 'hello\n')),
    ],
    [
      'decoded escapes',
      'body_changed',
      () => explain(config('meta'), request(signed('meta', '{"a":"\\u00e9"}'), '{"a":"é"}')),
    ],
    [
      'a compressed body',
      'body_changed',
      () =>
        explain(config('github'), request({ ...signed('github', BODY), 'content-encoding': 'gzip' }, gzipSync(BODY))),
    ],
    [
      'a base64 body',
      'body_changed',
      () => explain(config('github'), request(signed('github', BODY), Buffer.from(BODY).toString('base64'))),
    ],
    [
      'another algorithm',
      'algorithm',
      () => explain(config('github'), request({ 'x-hub-signature-256': `sha256=${hmac('sha1', SECRET, BODY)}` })),
    ],
    [
      'another encoding',
      'signature_encoding',
      () =>
        explain(
          config('github'),
          request({ 'x-hub-signature-256': `sha256=${hmac('sha256', SECRET, BODY, 'base64')}` }),
        ),
    ],
    [
      'a missing prefix',
      'signature_encoding',
      () => explain(config('github'), request({ 'x-hub-signature-256': hmac('sha256', SECRET, BODY) })),
    ],
    [
      'another header',
      'wrong_header',
      () => explain(config('github'), request({ 'x-forwarded-signature': `sha256=${hmac('sha256', SECRET, BODY)}` })),
    ],
    [
      'no timestamp in the signed text',
      'signed_text',
      () =>
        explain(
          config('slack'),
          request({
            'x-slack-signature': `v0=${hmac('sha256', SECRET, BODY)}`,
            'x-slack-request-timestamp': '1700000000',
          }),
        ),
    ],
    ['another provider', 'other_provider', () => explain(config('github'), request(signed('shopify', BODY)))],
    [
      'another scheme',
      'other_scheme',
      () =>
        explain(
          config('hubspot', { publicUrl: 'https://a.test/in' }),
          request({ 'x-hubspot-signature': createHashHex(`${SECRET}${BODY}`) }),
        ),
    ],
    [
      'another URL',
      'public_url',
      () =>
        explain(
          config('square', { publicUrl: 'https://a.test/in' }),
          request(signed('square', BODY, SECRET, NOW, 'https://a.test/in/')),
        ),
    ],
    [
      'a secret copied from the source of a page',
      'secret_form',
      () =>
        explain(
          config('woocommerce', { secrets: [{ value: 'ck &amp; co &lt;3', expiresAt: null }] }),
          request(signed('woocommerce', BODY, 'ck & co <3')),
        ),
    ],
    [
      'a base64url secret that the sender decodes',
      'secret_form',
      () =>
        explain(
          config('github', { secrets: [{ value: '-_-_AQ', expiresAt: null }] }),
          request({ 'x-hub-signature-256': `sha256=${hmac('sha256', Buffer.from('-_-_AQ', 'base64url'), BODY)}` }),
        ),
    ],
    ...(
      [
        ['the text behind whsec_', 'AAECAwQFBgcICQ=='],
        ['the whole text', 'whsec_AAECAwQFBgcICQ=='],
        ['the bytes of a base64url secret', Buffer.from('-_-_AAECAwQFBgcI', 'base64url')],
      ] as const
    ).map(([key, used]): [string, string, () => Promise<Explanation | null>] => [
      `${key} as the key of a Standard Webhooks secret`,
      'secret_form',
      () => {
        const value = Buffer.isBuffer(used) ? 'whsec_-_-_AAECAwQFBgcI' : 'whsec_AAECAwQFBgcICQ==';
        const headers = {
          'webhook-id': 'm',
          'webhook-timestamp': String(NOW / 1000),
          'webhook-signature': `v1,${hmac('sha256', used, `m.${NOW / 1000}.${BODY}`, 'base64')}`,
        };
        return explain(config('standard-webhooks', { secrets: [{ value, expiresAt: null }] }), request(headers));
      },
    ]),
    ['nothing wrong by now', 'valid_now', () => explain(config('github'), request(signed('github', BODY)))],
  ];
  test.each(cases)('%s: %s', async (_, cause, run) => {
    expect((await causes(run()))[0]).toBe(cause);
  });
});

function createHashHex(text: string): string {
  const scheme = createScheme({ kind: 'hmac', header: 'x', construction: 'hash', template: '{secret}{body}' });
  const input = { method: 'POST', rawHeaders: [], publicUrl: null, timestamp: NOW, id: '' };
  return (scheme.sign({ ...input, secret: text, body: Buffer.alloc(0) }).headers[0] as [string, string])[1];
}

test('the error of a clock is given to the second', async () => {
  const explained = await explain(config('stripe'), request(signed('stripe', BODY, SECRET, NOW - 4321_000)));
  expect(explained?.matches[0]?.message).toContain('4321 s old');
});

test('a forged signature is not explained, and many candidates or deep or large bodies take little time', async () => {
  expect(
    await causes(explain(config('github'), request({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }))),
  ).toEqual([]);
  for (const body of [
    '['.repeat(100_000) + ']'.repeat(100_000),
    Buffer.alloc(1024 * 1024, 0x61),
    Buffer.from([0xff, 0x00]),
  ]) {
    expect(
      await causes(explain(config('github'), request({ 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }, body))),
    ).toEqual([]);
  }
});

describe('a large body', () => {
  const large = Buffer.alloc(32 * 1024 * 1024, 0x61);
  const others = (count: number): { value: string; label: string }[] =>
    Array.from({ length: count }, (_, n) => ({ value: `secret of ${n}`, label: `endpoint "${n}"` }));

  test('is searched for clock errors and secrets', async () => {
    const old = await explain(config('stripe'), request(signed('stripe', large, SECRET, NOW - 4321_000), large));
    expect(old?.matches.map(({ message }) => message)).toEqual([
      'The signature is right, but its timestamp is 4321 s old.',
    ]);
    const other = request(signed('github', large, 'secret of 1'), large);
    expect(await causes(explain(config('github'), other, { otherSecrets: others(2) }))).toEqual(['other_secret']);
  });

  test('is read at most eight times, and others get their turn in between', async () => {
    // The short form reads the body only a few times until it finds the secret.
    const found = process.env['PAGGIO_FULL'] ? 7 : 2;
    const last = request(signed('github', large, `secret of ${found}`), large);
    const beyond = request(signed('github', large, 'secret of 8'), large);
    let ticks = 0;
    const count = (): void => {
      ticks++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    expect(await causes(explain(config('github'), last, { otherSecrets: others(50) }))).toEqual(['other_secret']);
    expect(await causes(explain(config('github'), beyond, { otherSecrets: others(50) }))).toEqual([]);
    clearImmediate(next);
    expect(ticks).toBeGreaterThanOrEqual(8);
  });
});

test('a missing or repeated header is named', async () => {
  const hint = async (headers: Record<string, string | string[]>): Promise<unknown> =>
    (await explain(config('github'), request(headers)))?.hints.map(({ cause }) => cause);
  expect(await hint({})).toEqual(['missing_header']);
  expect(await hint({ 'stripe-signature': 't=1,v1=a' })).toEqual(['other_provider', 'missing_header']);
  expect(await hint({ 'x-hub-signature-256': ['a', 'b'] })).toContain('repeated_header');
});

test('an explanation contains neither secrets nor correct signatures', async () => {
  const right = signed('github', BODY)['x-hub-signature-256'] as string;
  const explained = await explain(config('github'), request(signed('github', BODY, 'dev secret'), compact), {
    otherSecrets: [{ value: 'dev secret', label: 'endpoint "x"' }],
  });
  const text = JSON.stringify(explained);
  for (const secret of [SECRET, 'dev secret', right.slice(7), right]) expect(text).not.toContain(secret);
});

test.each([
  ['sha256', 'secret first', [SECRET, BODY], '{secret}{body}'],
  ['sha256', 'secret last', [BODY, SECRET], '{body}{secret}'],
])('a plain %s digest with the %s is distinguished from an HMAC', async (algorithm, _, parts, template) => {
  const signature = createHash(algorithm).update(parts.join('')).digest('hex');
  const explained = await explain(config('github'), request({ 'x-hub-signature-256': `sha256=${signature}` }));
  expect(explained?.matches.map(({ cause }) => cause)).toContain('algorithm');
  expect(explained?.matches.map(({ message }) => message).join()).toContain(template);
});
