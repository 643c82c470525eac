import type { VerificationSettings } from './verification-settings';
import { createHmac } from 'node:crypto';
import { catalogue, createVerifier, HeaderList, type ConfigProblem, type Verifier, type WebhookRequest } from './index';

const NOW = 1_795_000_000_000;

const secrets = new Map<string, string>();

function made(
  provider: string,
  settings: VerificationSettings = {},
  scheme: string | null = null,
): Verifier | ConfigProblem[] {
  const place = `${provider} ${scheme}`;
  // Making a pair of RSA keys takes a while.
  let secret = secrets.get(place);
  if (secret === undefined) {
    const entry = catalogue.find(({ name }) => name === provider);
    secret = entry?.schemes[scheme ?? entry.defaultScheme]?.createTestSecret().secret ?? 's';
    secrets.set(place, secret);
  }
  const publicUrl = 'https://hooks.example.test/in';
  return createVerifier({ provider, scheme, secrets: [{ value: secret, expiresAt: null }], publicUrl, settings });
}

const dated = catalogue.flatMap((provider) =>
  Object.keys(provider.schemes)
    .filter((scheme) => provider.toleranceSeconds(scheme) !== undefined)
    .map((scheme) => [provider.name, scheme, provider] as const),
);
const undated = catalogue.flatMap((provider) =>
  Object.keys(provider.schemes)
    .filter((scheme) => provider.toleranceSeconds(scheme) === undefined)
    .map((scheme) => [provider.name, scheme] as const),
);

test('the tolerance covers all retries of a provider that repeats the first timestamp', () => {
  const repeating = catalogue.filter(({ spec }) => spec.retries?.timestamp === 'first');
  expect(repeating.map(({ name }) => name)).toEqual(expect.arrayContaining(['linear', 'mailgun', 'aws-sns']));
  for (const provider of repeating) {
    const lasts = provider.spec.retries?.lastsSeconds as number;
    const tolerance = provider.toleranceSeconds(provider.defaultScheme) as number;
    expect([provider.name, tolerance > lasts]).toEqual([provider.name, true]);
  }
});

test('the same bytes from Linear are accepted again after a minute, an hour and six hours, but not after a day', () => {
  const at = (receivedAt: number): unknown => {
    const body = `{"action":"create","type":"Issue","webhookTimestamp":${NOW}}`;
    const verifier = createVerifier({
      provider: 'linear',
      scheme: null,
      secrets: [{ value: 'lin_wh_x', expiresAt: null }],
      publicUrl: null,
      settings: {},
    }) as Verifier;
    const headers = HeaderList.from({
      'linear-signature': createHmac('sha256', 'lin_wh_x').update(body).digest('hex'),
    });
    return verifier.verify({ method: 'POST', target: '/in', headers, body: Buffer.from(body), receivedAt });
  };
  for (const seconds of [0, 61, 3600, 21_600, 25_260])
    expect([seconds, at(NOW + seconds * 1000)]).toEqual([seconds, expect.objectContaining({ ok: true })]);
  expect(at(NOW + 24 * 3600_000)).toEqual({ ok: false, reason: 'timestamp_too_old' });
});

test("WorkOS has the vendor's own tolerance of 180 s", () => {
  const verifier = createVerifier({
    provider: 'workos',
    scheme: null,
    secrets: [{ value: 's', expiresAt: null }],
    publicUrl: null,
    settings: {},
  }) as Verifier;
  const signed = (age: number): WebhookRequest => {
    const at = NOW - age * 1000;
    const sig = createHmac('sha256', 's').update(`${at}.{}`).digest('hex');
    const headers = HeaderList.from({ 'workos-signature': `t=${at}, v1=${sig}` });
    return { method: 'POST', target: '/in', headers, body: Buffer.from('{}'), receivedAt: NOW };
  };
  expect(verifier.verify(signed(180))).toMatchObject({ ok: true });
  expect(verifier.verify(signed(240))).toEqual({ ok: false, reason: 'timestamp_too_old' });
});

test.each(dated)('%s, %s takes tolerance_seconds from 1 to 86400', (name, scheme) => {
  for (const tolerance of [1, 86_400, null])
    expect(made(name, { tolerance_seconds: tolerance }, scheme)).not.toBeInstanceOf(Array);
  for (const tolerance of [0, 86_401, 1.5, '300', -1, true, [10]])
    expect(made(name, { tolerance_seconds: tolerance as number }, scheme)).toEqual([
      { field: 'settings.tolerance_seconds', message: 'tolerance_seconds must be a whole number from 1 to 86400.' },
    ]);
});

test.each(undated)('%s, %s signs no timestamp and has no tolerance', (name, scheme) => {
  expect(made(name, { tolerance_seconds: 300 }, scheme)).toEqual([
    expect.objectContaining({ field: 'settings.tolerance_seconds' }),
  ]);
});

test.each(dated.filter(([, , provider]) => !['paypal', 'plaid', 'aws-sns'].includes(provider.name)))(
  "%s, %s: the endpoint's tolerance replaces that of the scheme",
  async (name, schemeName, provider) => {
    const scheme = provider.schemes[schemeName];
    if (!scheme) throw new Error('no scheme');
    const pair = scheme.createTestSecret();
    const body = Buffer.from(
      `{"type":"x","webhookTimestamp":${NOW},"signature":{"timestamp":"1","token":"t","signature":"s"}}`,
    );
    const url = 'https://hooks.example.test/in';
    const settings = name === 'livekit' ? { api_key: 'key' } : {};
    const input = { method: 'POST', body, rawHeaders: [], publicUrl: url, timestamp: NOW, id: 'm', settings };
    const parts = scheme.sign({ ...input, secret: pair.signingKey });
    const verdict = async (tolerance: number, age: number): Promise<boolean> => {
      const verifier = createVerifier({
        provider: name,
        scheme: schemeName,
        secrets: [{ value: pair.secret, expiresAt: null }],
        publicUrl: url,
        settings: { ...settings, tolerance_seconds: tolerance },
      });
      if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
      const headers = new HeaderList(parts.headers.flat());
      const request = {
        method: 'POST',
        target: '/in',
        headers,
        body: parts.body ?? body,
        receivedAt: NOW + age * 1000,
      };
      return (await verifier.verify(request)).ok;
    };
    expect([await verdict(10, 10), await verdict(10, 12), await verdict(86_400, 80_000)]).toEqual([true, false, true]);
  },
);
