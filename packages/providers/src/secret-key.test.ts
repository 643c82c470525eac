import { createHmac } from 'node:crypto';
import { createVerifier, endpointSecretKey, HeaderList, type ConfigProblem, type Verifier } from './index';

const NOW = 1_700_000_000_000;
const BODY = '{"type":"thing.happened"}';

function made(provider: string, secret: string, stored = false): Verifier | ConfigProblem[] {
  const secrets = [{ value: secret, expiresAt: null }];
  return createVerifier({ provider, scheme: null, secrets, publicUrl: null, settings: {} }, { stored });
}

async function accepts(provider: string, secret: string, key: Buffer | string, stored = false): Promise<boolean> {
  const verifier = made(provider, secret, stored);
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const mac = createHmac('sha256', key)
    .update(`m.${NOW / 1000}.${BODY}`)
    .digest('base64');
  const names = 'webhook';
  const headers = HeaderList.from({
    [`${names}-id`]: 'm',
    [`${names}-timestamp`]: String(NOW / 1000),
    [`${names}-signature`]: `v1,${mac}`,
  });
  const request = { method: 'POST', target: '/in', headers, body: Buffer.from(BODY), receivedAt: NOW };
  return (await verifier.verify(request)).ok;
}

const users = ['svix', 'clerk', 'resend', 'standard-webhooks', 'openai', 'replicate'];

describe('a Standard Webhooks secret is the bytes after whsec_, whatever their number', () => {
  const lengths = [1, 8, 15, 16, 24, 64, 65, 96];
  test.each(users.flatMap((provider) => lengths.map((length) => [provider, length] as const)))(
    '%s, %i bytes, with and without padding',
    async (provider, length) => {
      const key = Buffer.alloc(length, 0x5a);
      for (const text of new Set([key.toString('base64'), key.toString('base64').replace(/=+$/, '')])) {
        expect(await accepts(provider, `whsec_${text}`, key)).toBe(true);
        expect(await accepts(provider, `whsec_${text}`, `whsec_${text}`)).toBe(false);
        expect(endpointSecretKey(`whsec_${text}`)).toEqual(key);
      }
    },
  );

  test.each(users)('%s: text that is not base64 is refused, as the libraries refuse it', (provider) => {
    for (const text of ['your_signing_secret', 'AAAA=', 'AAA-', 'A', 'AAAA\n', 'AA A', '']) {
      expect(made(provider, `whsec_${text}`)).toEqual([
        { field: 'secrets[0]', message: expect.stringContaining('must be base64') },
      ]);
    }
  });

  test('an endpoint that already has such a secret still uses it as text', async () => {
    const secret = 'whsec_your_signing_secret';
    expect(await accepts('standard-webhooks', secret, secret, true)).toBe(true);
  });
});

test('OpenAI uses a secret without the prefix as text, and the libraries of the standard decode it', async () => {
  const text = Buffer.alloc(24, 7).toString('base64');
  expect(await accepts('openai', text, text)).toBe(true);
  expect(await accepts('openai', text, Buffer.alloc(24, 7))).toBe(false);
  expect(await accepts('standard-webhooks', text, Buffer.alloc(24, 7))).toBe(true);
  expect(await accepts('standard-webhooks', 'no base64 at all!', 'no base64 at all!')).toBe(true);
});

test('a secret after a version, and a list of secrets, are accepted in the form that Supabase shows', async () => {
  const [one, two] = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)];
  const list = [one, two].map((key) => `v1,whsec_${key.toString('base64')}`).join('|');
  for (const key of [one, two]) expect(await accepts('standard-webhooks', list, key)).toBe(true);
  expect(await accepts('standard-webhooks', list, Buffer.alloc(24, 3))).toBe(false);
  expect(await accepts('standard-webhooks', list.split('|')[0] as string, one)).toBe(true);
  expect(made('standard-webhooks', `${list}|v1,whsec_not base64`)).toEqual([
    expect.objectContaining({ field: 'secrets[0]' }),
  ]);
  expect(await accepts('standard-webhooks', 'a|b', 'a|b')).toBe(true);
});

test('the secret of an endpoint may be any text that is not blank', () => {
  for (const text of ['whsec_your_signing_secret', 'pässword', 'AAAA', 'v1,whsec_AAAA', 'whsec_', 'whsec_A'])
    expect(endpointSecretKey(text)).toEqual(Buffer.from(text, 'utf8'));
});
