import { createHmac } from 'node:crypto';
import vectorFile from './fixtures/provider-vectors.json';
import { createVerifier, findProvider, HeaderList, type Verifier, type WebhookRequest } from './index';

interface Vector {
  id: string;
  method: string;
  url: string;
  now: number;
  headers: Record<string, string>;
  bodyBase64: string;
  config: Record<string, string>;
  mutationsThatMustFail: string[];
}

const vectors = vectorFile.vectors as unknown as Vector[];

const providerNames: Record<string, string> = { standardwebhooks: 'standard-webhooks' };

function providerOf(vector: Vector): string {
  const name = vector.id.split('.')[0] as string;
  return providerNames[name] ?? name;
}

function secretOf(vector: Vector): string {
  const { secret, secretHex, publicKey, publicKeyHex, publicKeySpkiBase64 } = vector.config;
  return (secret ?? secretHex ?? publicKey ?? publicKeyHex ?? publicKeySpkiBase64) as string;
}

function verifierOf(
  vector: Vector,
  secret = secretOf(vector),
  publicUrl = vector.config['publicUrl'] ?? null,
): Verifier {
  const verifier = createVerifier({
    provider: providerOf(vector),
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl,
    settings: {},
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return verifier;
}

function requestOf(
  vector: Vector,
  change: Partial<{ headers: Record<string, string>; body: Buffer }> = {},
): WebhookRequest {
  const url = new URL(vector.url);
  return {
    method: vector.method,
    target: url.pathname + url.search,
    headers: HeaderList.from(change.headers ?? vector.headers),
    body: change.body ?? Buffer.from(vector.bodyBase64, 'base64'),
    receivedAt: vector.now * 1000,
  };
}

function signatureHeader(vector: Vector): string {
  const names = Object.keys(vector.headers).filter(
    (name) => /signature|hmac|token/i.test(name) && !/timestamp/i.test(name),
  );
  return names[0] as string;
}

function withHeader(vector: Vector, name: string, value: string | undefined): Record<string, string> {
  const headers = { ...vector.headers };
  if (value === undefined) delete headers[name];
  else headers[name] = value;
  return headers;
}

function timestampHeader(vector: Vector): string | undefined {
  return Object.keys(vector.headers).find((name) => /timestamp/i.test(name));
}

function shiftTimestamp(text: string, seconds: number): string {
  if (/^\d{13}$/.test(text)) return String(Number(text) + seconds * 1000);
  if (/^\d+$/.test(text)) return String(Number(text) + seconds);
  return new Date(Date.parse(text) + seconds * 1000).toISOString();
}

function replaceInBody(vector: Vector, from: string | RegExp, to: string): Buffer {
  const text = Buffer.from(vector.bodyBase64, 'base64').toString('utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  return Buffer.from(changed, 'utf8');
}

function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] as number) ^ 1;
  return changed;
}

/** The vector's request with a new signature for another time, so that only its age can be wrong. */
function resigned(vector: Vector, seconds: number): WebhookRequest {
  const provider = findProvider(providerOf(vector));
  const scheme = provider?.schemes[provider.defaultScheme];
  if (!scheme || vector.config['publicKey']) throw new Error(`${vector.id} cannot be signed here`);
  const id = vector.headers['webhook-id'] ?? vector.headers['svix-id'] ?? '';
  const body = Buffer.from(vector.bodyBase64, 'base64');
  const signed = scheme.sign({
    method: vector.method,
    body,
    rawHeaders: [],
    secret: secretOf(vector),
    publicUrl: vector.config['publicUrl'] ?? null,
    timestamp: (vector.now + seconds) * 1000,
    id,
  });
  return requestOf(vector, { headers: Object.fromEntries(signed.headers) });
}

type Mutation = (vector: Vector) => { request: WebhookRequest; verifier?: Verifier };

const mutations: Record<string, Mutation> = {
  'flip-body-byte': (v) => ({ request: requestOf(v, { body: flipped(Buffer.from(v.bodyBase64, 'base64')) }) }),
  'wrong-secret': (v) => {
    const publicKey = v.config['publicKey'];
    // Another valid key of the same form. The base point's encoding with one byte changed still has 32 bytes.
    const other = publicKey
      ? `whpk_${Buffer.alloc(32, 7).toString('base64')}`
      : v.config['secretHex']
        ? 'ab'.repeat(32)
        : secretOf(v).startsWith('whsec_')
          ? `whsec_${Buffer.alloc(24, 7).toString('base64')}`
          : `${secretOf(v)}x`;
    return { request: requestOf(v), verifier: verifierOf(v, other) };
  },
  'drop-signature-header': (v) => ({
    request: requestOf(v, { headers: withHeader(v, signatureHeader(v), undefined) }),
  }),
  'truncate-signature-by-1': (v) => {
    const name = signatureHeader(v);
    const value = v.headers[name] as string;
    // Stripe's vectors end in a v0 part or have several signatures, so the last character of each v1 is cut.
    const cut = value.includes('v1=')
      ? value.replace(/(v1=[0-9a-f]+)[0-9a-f]/g, '$1')
      : value.replace(/.( v2,zzzz)?$/, '$1');
    return { request: requestOf(v, { headers: withHeader(v, name, cut) }) };
  },
  'empty-signature': (v) => ({ request: requestOf(v, { headers: withHeader(v, signatureHeader(v), '') }) }),
  'timestamp-minus-301s-resigned': (v) =>
    v.config['publicKey']
      ? { request: { ...requestOf(v), receivedAt: (v.now + 301) * 1000 } }
      : { request: resigned(v, -301) },
  'timestamp-changed-not-resigned': (v) => {
    const name = timestampHeader(v);
    if (name)
      return { request: requestOf(v, { headers: withHeader(v, name, shiftTimestamp(v.headers[name] as string, -1)) }) };
    const header = signatureHeader(v);
    const value = (v.headers[header] as string).replace(
      /(^|[,;])(ts?)=(\d+)/,
      (_, a, b, c) => `${a}${b}=${Number(c) - 1}`,
    );
    return { request: requestOf(v, { headers: withHeader(v, header, value) }) };
  },
  'only-v0-left': (v) => ({
    request: requestOf(v, {
      headers: withHeader(
        v,
        'Stripe-Signature',
        (v.headers['Stripe-Signature'] as string).replace(/v1=[0-9a-f]+,/, ''),
      ),
    }),
  }),
  'only-v2-left': (v) => ({ request: requestOf(v, { headers: withHeader(v, 'svix-signature', 'v2,zzzz') }) }),
  'change-a-form-value': (v) => ({ request: requestOf(v, { body: replaceInBody(v, 'Digits=1234', 'Digits=1235') }) }),
  // The query of the URL is taken from the request, so another path is configured here.
  'change-url': (v) => {
    const publicUrl = (v.config['publicUrl'] as string).replace(/(?=\?|$)/, 'x');
    return { request: requestOf(v), verifier: verifierOf(v, secretOf(v), publicUrl) };
  },
  'change-amount': (v) => ({ request: requestOf(v, { body: replaceInBody(v, '1130', '1131') }) }),
  'change-token': (v) => ({ request: requestOf(v, { body: replaceInBody(v, /"token":\s*"/, '"token":"x') }) }),
  'strip-trailing-crlf': (v) => ({ request: requestOf(v, { body: replaceInBody(v, /\r\n$/, '') }) }),
  'change-message-id': (v) => ({
    request: requestOf(v, { headers: withHeader(v, 'Twitch-Eventsub-Message-Id', 'id2') }),
  }),
  'algorithm-prefix-sha1-with-valid-sha1': (v) => {
    const text = `${v.headers['Twitch-Eventsub-Message-Id']}${v.headers['Twitch-Eventsub-Message-Timestamp']}`;
    const digest = createHmac('sha1', secretOf(v))
      .update(text)
      .update(Buffer.from(v.bodyBase64, 'base64'))
      .digest('hex');
    return { request: requestOf(v, { headers: withHeader(v, 'Twitch-Eventsub-Message-Signature', `sha1=${digest}`) }) };
  },
};

describe('every published or computed vector is valid unchanged [SIG-01]', () => {
  test.each(vectors.map((vector) => [vector.id, vector] as const))('%s', async (_, vector) => {
    expect(await verifierOf(vector).verify(requestOf(vector))).toMatchObject({ ok: true });
  });
});

describe('every vector is refused under each of its mutations [SIG-02]', () => {
  const cases = vectors.flatMap((vector) =>
    vector.mutationsThatMustFail.map((name) => [vector.id, name, vector] as const),
  );
  test.each(cases)('%s: %s', async (_, name, vector) => {
    const mutation = mutations[name];
    if (!mutation) throw new Error(`no such mutation: ${name}`);
    const { request, verifier } = mutation(vector);
    expect(await (verifier ?? verifierOf(vector)).verify(request)).toMatchObject({ ok: false });
  });
});

test('header names ignore case [SIG-04]', async () => {
  for (const vector of vectors) {
    for (const change of [(name: string) => name.toLowerCase(), (name: string) => name.toUpperCase()]) {
      const headers = Object.fromEntries(Object.entries(vector.headers).map(([name, value]) => [change(name), value]));
      expect(await verifierOf(vector).verify(requestOf(vector, { headers }))).toMatchObject({ ok: true });
    }
  }
});

test('a signature that does not cover the body says so [SIG-19]', async () => {
  const unauthenticated: string[] = [];
  for (const vector of vectors) {
    const result = await verifierOf(vector).verify(requestOf(vector));
    if (result.ok && !result.bodyAuthenticated) unauthenticated.push(vector.id);
  }
  expect(unauthenticated).toEqual(['adyen.standard.published', 'mailgun', 'gitlab.token', 'telegram']);
});
