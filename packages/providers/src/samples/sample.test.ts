import {
  catalogue,
  createVerifier,
  detect,
  eventTypeOf,
  findProvider,
  HeaderList,
  sample,
  sampleEventTypes,
  type Provider,
  type Scheme,
  type WebhookRequest,
} from '../index';

const withSamples = catalogue.filter(({ name }) => sampleEventTypes(name).length > 0);
const cases = withSamples.flatMap((provider) =>
  sampleEventTypes(provider.name).map((type) => [provider.name, type] as const),
);

function signedSample(provider: Provider, type: string): { request: WebhookRequest; secret: string } {
  const made = sample(provider.name, type);
  if (!made) throw new Error('no sample');
  const scheme = provider.schemes[provider.defaultScheme] as Scheme;
  const { secret, signingKey } = scheme.createTestSecret();
  const parts = scheme.sign({
    method: 'POST',
    body: made.body,
    rawHeaders: made.rawHeaders,
    secret: signingKey,
    publicUrl: 'https://hooks.example.test/in',
    timestamp: Date.now(),
    id: made.id,
    settings: { api_key: 'APIkey' },
  });
  const headers = new HeaderList([...made.rawHeaders, ...parts.headers.flat()]);
  return {
    secret,
    request: { method: 'POST', target: '/in', headers, body: parts.body ?? made.body, receivedAt: Date.now() },
  };
}

test('at least twenty providers have samples', () => {
  expect(withSamples.length).toBeGreaterThanOrEqual(20);
});

test.each(cases)('the sample %s %s is recognised by its type, verified, and new each time', async (name, type) => {
  const provider = findProvider(name) as Provider;
  const { request, secret } = signedSample(provider, type);
  expect(eventTypeOf(request, provider)).toBe(type);
  // Providers that send by Svix cannot be distinguished.
  const detected = provider.spec.detect.length > 0 && !['paypal', 'adyen'].includes(name);
  if (detected) expect(detect(request.headers)?.name).toBe(name);
  if (name === 'paypal') return;
  const verifier = createVerifier({
    provider: name,
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: provider.signsUrl(provider.defaultScheme) ? 'https://hooks.example.test/in' : null,
    settings: {},
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const verification = await verifier.verify(request);
  expect(verification).toMatchObject({ ok: true });
  expect(verifier.handshake(request, verification)).toBeUndefined();

  const ids = [provider.deliveryId(request), provider.deliveryId(signedSample(provider, type).request)];
  if (ids[0] !== null) expect(ids[0]).not.toBe(ids[1]);
});

test('without a type the sample is the most typical one, and an unknown type has none', () => {
  expect(sample('stripe')?.eventType).toBe('payment_intent.succeeded');
  expect(sample('stripe', 'no.such')).toBeUndefined();
  expect(sample('no-such')).toBeUndefined();
  expect(sample('__proto__')).toBeUndefined();
});
