import { createHash, createHmac } from 'node:crypto';
import vectorFile from './fixtures/judge-vectors.json';
import { createVerifier, findProvider, HeaderList, sameText, type Scheme, type SignedParts } from './index';

// The vendors' own libraries in Python and Go accept this for one request, one secret and one time. `sign` has to make
// exactly the same, and for tokens the same form and claims.

interface SignedVector {
  id: string;
  judge: string;
  provider: string;
  scheme?: string;
  method: string;
  url: string;
  now: number;
  messageId?: string;
  requestHeaders: Record<string, string>;
  bodyBase64: string;
  config: Record<string, string>;
  /** The headers that have to arrive, if they are the same each time. */
  headers?: Record<string, string>;
  alternatives?: { headers: Record<string, string> }[];
  query?: string;
  headerPatterns: Record<string, string>;
  bodySignature?: { bodyBase64: string };
  claims?: string[];
  claimsAbsent?: string[];
  recipe: { mac: string; headers: Record<string, string>; claimValues?: Record<string, string> };
}

const vectors = vectorFile.signed as unknown as SignedVector[];

function schemeOf({ provider: name, scheme }: SignedVector): Scheme {
  const provider = findProvider(name);
  return provider?.schemes[scheme ?? provider.defaultScheme] as Scheme;
}

function settingsOf({ config }: SignedVector): Record<string, string> {
  return config['api_key'] === undefined ? {} : { api_key: config['api_key'] };
}

function secretOf({ config }: SignedVector): string {
  return (config['secret'] ?? config['secretHex']) as string;
}

function sign(vector: SignedVector): SignedParts {
  return schemeOf(vector).sign({
    method: vector.method,
    body: Buffer.from(vector.bodyBase64, 'base64'),
    rawHeaders: Object.entries(vector.requestHeaders).flat(),
    secret: vector.config['signingKey'] ?? secretOf(vector),
    publicUrl: vector.config['publicUrl'] ?? vector.url,
    timestamp: vector.now * 1000,
    id: vector.messageId ?? 'msg_1',
    settings: settingsOf(vector),
  });
}

/** Headers as a receiver reads them. */
function lowered(headers: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]));
}

/** The headers that a receiver gets after a replay, with the old signatures replaced. */
function received(vector: SignedVector, parts: SignedParts): Record<string, string> {
  const old = findProvider(vector.provider)?.signatureHeaders;
  const kept = Object.entries(vector.requestHeaders).filter(([name]) => !old?.has(name.toLowerCase()));
  return lowered([...kept, ...parts.headers]);
}

const of = (mac: (vector: SignedVector) => boolean): [string, SignedVector][] =>
  vectors.filter((one) => mac(one)).map((vector) => [`${vector.id}: ${vector.judge}`, vector]);

test('there are enough requests to compare with', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(45);
});

test.each(of((vector) => vector.headers !== undefined))(
  'signing makes exactly what the library accepts: %s',
  (_, vector) => {
    const parts = sign(vector);
    const got = received(vector, parts);
    const accepted = [vector.headers ?? {}, ...(vector.alternatives ?? []).map(({ headers }) => headers)];
    const holds = accepted.some((headers) =>
      Object.entries(lowered(Object.entries(headers))).every(([name, value]) => got[name] === value),
    );
    expect([holds, got]).toEqual([true, got]);
    if (vector.query !== undefined) expect(parts.query).toBe(vector.query);
  },
);

test.each(of((vector) => vector.bodySignature !== undefined))(
  'signing makes exactly the signature inside the body that the library accepts: %s',
  (_, vector) => {
    expect(sign(vector).body?.toString()).toBe(
      Buffer.from(vector.bodySignature?.bodyBase64 ?? '', 'base64').toString(),
    );
  },
);

test.each(of((vector) => vector.recipe.mac === 'jwt'))(
  'the token has the form that the library requires: %s',
  (_, vector) => {
    const made = lowered(sign(vector).headers);
    const [[name, pattern]] = Object.entries(vector.headerPatterns) as [[string, string]];
    const token = new RegExp(pattern).exec(made[name.toLowerCase()] ?? '')?.groups?.['sig'];
    expect(token).toBeDefined();
    const [head, payload, signature] = (token as string).split('.') as [string, string, string];
    const mac = createHmac('sha256', secretOf(vector)).update(`${head}.${payload}`).digest('base64url');
    expect(sameText(signature, mac)).toBe(true);
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    for (const claim of vector.claims ?? []) expect(Object.keys(claims)).toContain(claim);
    for (const claim of vector.claimsAbsent ?? []) expect(Object.keys(claims)).not.toContain(claim);
    const body = createHash('sha256').update(Buffer.from(vector.bodyBase64, 'base64'));
    const digest = body.digest();
    const values: Record<string, string> = {
      '{bodyHex}': digest.toString('hex'),
      '{bodyBase64}': digest.toString('base64'),
      '{urlHex}': createHash('sha256')
        .update(vector.config['publicUrl'] ?? vector.url)
        .digest('hex'),
    };
    for (const [claim, value] of Object.entries(vector.recipe.claimValues ?? {}))
      expect([claim, claims[claim]]).toEqual([claim, values[value] ?? value]);
    for (const claim of ['iat', 'nbf']) if (claim in claims) expect(claims[claim]).toBe(vector.now);
  },
);

test.each(of(() => true))('the signed request is verified here too: %s', async (_, vector) => {
  const { config } = vector;
  const secret = config['publicKeyHex'] ?? config['publicKey'] ?? config['publicKeySpkiBase64'] ?? secretOf(vector);
  const verifier = createVerifier({
    provider: vector.provider,
    scheme: vector.scheme ?? null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: config['publicUrl'] ?? null,
    settings: settingsOf(vector),
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const parts = sign(vector);
  const { pathname, search } = new URL(vector.url);
  const query = [search.slice(1), parts.query ?? ''].filter((text) => text !== '').join('&');
  const verification = await verifier.verify({
    method: vector.method,
    target: query === '' ? pathname : `${pathname}?${query}`,
    headers: HeaderList.from(received(vector, parts)),
    body: parts.body ?? Buffer.from(vector.bodyBase64, 'base64'),
    receivedAt: vector.now * 1000,
  });
  expect(verification).toMatchObject({ ok: true });
});

test('a token is not signed without the setting or the URL that it must contain', () => {
  const input = { method: 'POST', body: Buffer.from('{}'), rawHeaders: [], secret: 's', timestamp: 0, id: 'm' };
  const livekit = findProvider('livekit')?.schemes['jwt'] as Scheme;
  expect(() => livekit.sign({ ...input, publicUrl: null })).toThrow(
    expect.objectContaining({ name: 'SigningProblem', field: 'settings.api_key' }),
  );
  const bird = findProvider('bird')?.schemes['jwt'] as Scheme;
  expect(() => bird.sign({ ...input, publicUrl: null })).toThrow(
    expect.objectContaining({ name: 'SigningProblem', field: 'public_url' }),
  );
});

test('a request that arrived with several names of a signature header is signed under all of them', () => {
  const scheme = findProvider('svix')?.schemes['v1'] as Scheme;
  const rawHeaders = ['svix-id', 'msg_1', 'svix-signature', 'v1,x', 'webhook-id', 'msg_1', 'webhook-signature', 'v1,x'];
  const { secret } = scheme.createTestSecret();
  const input = { method: 'POST', body: Buffer.from('{}'), secret, publicUrl: null, timestamp: 1_700_000_000_000 };
  const made = Object.fromEntries(scheme.sign({ ...input, rawHeaders, id: 'other' }).headers);
  expect(made['svix-id']).toBe('msg_1');
  expect(made['webhook-signature']).toBe(made['svix-signature']);
  expect(made['webhook-id']).toBe('msg_1');
});

test('another version or algorithm of Box is refused', async () => {
  const vector = vectors.find(({ id }) => id === 'box.test-event-utf8') as SignedVector;
  const verifier = createVerifier({
    provider: 'box',
    scheme: null,
    secrets: [{ value: secretOf(vector), expiresAt: null }],
    publicUrl: null,
    settings: {},
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const made = lowered(sign(vector).headers);
  const check = async (change: Record<string, string>): Promise<boolean> =>
    (
      await verifier.verify({
        method: 'POST',
        target: '/in/abc',
        headers: HeaderList.from({ ...made, ...change }),
        body: Buffer.from(vector.bodyBase64, 'base64'),
        receivedAt: vector.now * 1000,
      })
    ).ok;
  expect(await check({})).toBe(true);
  expect(await check({ 'box-signature-version': '2' })).toBe(false);
  expect(await check({ 'box-signature-algorithm': 'HmacSHA1' })).toBe(false);
});
