import { createHmac, createPrivateKey, sign as signBytes } from 'node:crypto';
import vectorFile from './fixtures/judge-vectors.json';
import { createVerifier, HeaderList, type Verification, type WebhookRequest } from './index';

// Requests that the vendors' own libraries in Python and Go made or accept. Each has to verify, and none of its changed
// copies.

interface Fresh {
  mac: string;
  key?: string;
  alg?: string;
  over?: string;
  encoding?: 'hex' | 'base64';
  time?: 's' | 'ms' | 'iso';
  id?: string;
  inBody?: boolean;
  headers: Record<string, string>;
  claims?: Record<string, string>;
}

interface Judged {
  id: string;
  source: string;
  method: string;
  url: string;
  now: number;
  headers: Record<string, string>;
  bodyBase64: string;
  config: Record<string, string | string[]>;
  scheme?: string;
  mutationsThatMustFail: string[];
  mutated: { what: string; url?: string; bodyBase64?: string };
  fresh?: Fresh;
}

const vectors = vectorFile.vectors as unknown as Judged[];
const cases = vectors.map((vector) => [`${vector.id}: ${vector.source}`, vector] as const);

interface Change {
  url?: string;
  body?: Buffer;
  headers?: Record<string, string>;
  secrets?: readonly string[];
  publicUrl?: string;
  now?: number;
}

function secretsOf({ config }: Judged): string[] {
  const one = config['secret'] ?? config['secretHex'] ?? config['publicKey'] ?? config['publicKeyHex'];
  return [config['secrets'] ?? one ?? (config['publicKeySpkiBase64'] as string)].flat();
}

async function verify(vector: Judged, change: Change = {}): Promise<Verification> {
  const { config } = vector;
  const verifier = createVerifier({
    provider: vector.id.split('.')[0] as string,
    scheme: vector.scheme ?? null,
    secrets: (change.secrets ?? secretsOf(vector)).map((value) => ({ value, expiresAt: null })),
    publicUrl: change.publicUrl ?? (config['publicUrl'] as string | undefined) ?? null,
    settings: config['api_key'] === undefined ? {} : { api_key: config['api_key'] as string },
  });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  const { pathname, search } = new URL(change.url ?? vector.url);
  const request: WebhookRequest = {
    method: vector.method,
    target: pathname + search,
    headers: HeaderList.from(change.headers ?? vector.headers),
    body: change.body ?? Buffer.from(vector.bodyBase64, 'base64'),
    receivedAt: (change.now ?? vector.now) * 1000,
  };
  return verifier.verify(request);
}

test('there are enough requests to compare with', () => {
  expect(vectors.length).toBeGreaterThanOrEqual(67);
});

test.each(cases)('a request that a library makes is accepted: %s', async (_, vector) => {
  expect(await verify(vector)).toMatchObject({ ok: true });
});

test.each(cases)('its changed copy is refused: %s', async (_, vector) => {
  const { url, bodyBase64 } = vector.mutated;
  const body = bodyBase64 === undefined ? undefined : Buffer.from(bodyBase64, 'base64');
  expect(await verify(vector, { url, body })).toMatchObject({ ok: false });
});

function isSignature(name: string): boolean {
  return /signature(?!-settings|-version|-algorithm)|hmac|authorization/i.test(name) && !/timestamp/i.test(name);
}

function withSignatures(vector: Judged, change: (value: string) => string | undefined): Record<string, string> {
  const changed = Object.entries(vector.headers).flatMap(([name, value]) => {
    const next = isSignature(name) ? change(value) : value;
    return next === undefined ? [] : [[name, next] as const];
  });
  return Object.fromEntries(changed);
}

/** Another secret of the same form. */
function otherSecret(secret: string, vector: Judged): string {
  if (vector.config['publicKeyHex']) return '3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29';
  if (vector.config['publicKey'])
    return Buffer.from('3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29', 'hex').toString('base64');
  if (vector.config['publicKeySpkiBase64'])
    return 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==';
  if (vector.config['secretHex']) return 'ab'.repeat(32);
  return secret.startsWith('whsec_') && vector.id.split('.')[0] !== 'stripe'
    ? `whsec_${Buffer.alloc(24, 7).toString('base64')}`
    : `${secret}x`;
}

const mutations: Record<string, (vector: Judged) => Change | null> = {
  'wrong-secret': (v) => ({ secrets: secretsOf(v).map((secret) => otherSecret(secret, v)) }),
  'drop-signature-header': (v) => ({ headers: withSignatures(v, () => undefined) }),
  'empty-signature': (v) => ({ headers: withSignatures(v, () => '') }),
  'truncate-signature-by-1': (v) => ({
    headers: withSignatures(v, (value) =>
      // If a header has several signatures, each is cut.
      /(^|[,; ])(v1|h1|v0|d)=/.test(value)
        ? value.replace(/((?:^|[,; ])(?:v1|h1|v0|d)=[0-9a-f]+)[0-9a-f]/g, '$1')
        : value.slice(0, -1),
    ),
  }),
  'flip-body-byte': (v) => {
    const body = Buffer.from(v.bodyBase64, 'base64');
    const middle = Math.floor(body.length / 2);
    body[middle] = (body[middle] as number) ^ 1;
    return { body };
  },
  'change-url': (v) => ({ publicUrl: `${v.config['publicUrl'] as string}x` }),
  // The changed copy in the file.
  'change-amount': (v) => ({ body: Buffer.from(v.mutated.bodyBase64 as string, 'base64') }),
  'change-token': (v) => ({ body: Buffer.from(v.mutated.bodyBase64 as string, 'base64') }),
  'timestamp-changed-not-resigned': (v) => {
    const earlier = (value: string): string => value.replace(/\d{10}/, (at) => String(Number(at) - 1));
    const entries = Object.entries(v.headers).map(([name, value]) => {
      if (/timestamp/i.test(name)) return [name, earlier(value)] as const;
      return [name, /^t=\d/.test(value) ? earlier(value) : value] as const;
    });
    return { headers: Object.fromEntries(entries) };
  },
  'timestamp-minus-301s-resigned': (v) => freshly(v, v.now - 301, v.now),
};

test.each(vectors.flatMap((vector) => vector.mutationsThatMustFail.map((name) => [vector.id, name, vector] as const)))(
  '%s is refused with %s',
  async (_, name, vector) => {
    const mutation = mutations[name];
    if (!mutation) throw new Error(`no such mutation: ${name}`);
    const change = mutation(vector);
    if (change) expect(await verify(vector, change)).toMatchObject({ ok: false });
  },
);

/** The request with a new signature for another time, as its library makes it. */
function freshly(vector: Judged, at: number, now: number): Change {
  const fresh = vector.fresh as Fresh;
  const { key = '', over = '', encoding = 'hex', id = '' } = fresh;
  const time = { s: String(at), ms: String(at * 1000), iso: new Date(at * 1000).toISOString() }[fresh.time ?? 's'];
  const body = Buffer.from(vector.bodyBase64, 'base64');
  const fill = (text: string): string =>
    text.replaceAll('{t}', time).replaceAll('{id}', id).replaceAll('{method}', vector.method);
  const signed = Buffer.concat(
    fill(over)
      .split(/(\{body\})/)
      .map((part) => (part === '{body}' ? body : Buffer.from(part))),
  );
  const secret = key.startsWith('hex:')
    ? Buffer.from(key.slice(4), 'hex')
    : Buffer.from(key.startsWith('text:') ? key.slice(5) : (secretsOf(vector)[0] as string));
  let signature: string;
  if (fresh.mac === 'jwt') {
    const claims = Object.entries(fresh.claims ?? {}).map(([name, value]) => {
      const offset = /^\{t(?:\+(\d+))?\}$/.exec(value);
      return [name, offset ? at + Number(offset[1] ?? 0) : value];
    });
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${encode({ alg: fresh.alg, typ: 'JWT' })}.${encode(Object.fromEntries(claims) as object)}`;
    signature = `${text}.${createHmac(`sha${fresh.alg?.slice(2) as string}`, secret)
      .update(text)
      .digest('base64url')}`;
  } else if (fresh.mac === 'hmac-sha256') signature = createHmac('sha256', secret).update(signed).digest(encoding);
  else {
    const private_ = createPrivateKey({ key: Buffer.from(key.slice(6), 'base64'), format: 'der', type: 'pkcs8' });
    signature = signBytes(fresh.mac === 'ed25519' ? null : 'sha256', signed, private_).toString(encoding);
  }
  const headers = Object.entries(fresh.headers).map(([name, value]) => [
    name,
    fill(value).replaceAll('{sig}', signature),
  ]);
  const type = vector.headers['Content-Type'];
  const change = {
    now,
    headers: { ...(type === undefined ? {} : { 'Content-Type': type }), ...(Object.fromEntries(headers) as object) },
  };
  if (!fresh.inBody) return change;
  const text = body.toString().replace(/("timestamp":\s*")\d+/, `$1${time}`);
  return { ...change, body: Buffer.from(text.replace(/("signature":\s*")[0-9a-f]{64}/, `$1${signature}`)) };
}

test.each(cases.filter(([, { fresh }]) => fresh !== undefined))(
  'a request signed at another time is accepted at that time: %s',
  async (_, vector) => {
    const at = vector.now + 1_000_000;
    expect(await verify(vector, freshly(vector, at, at + 2))).toMatchObject({ ok: true });
    const secrets = secretsOf(vector).map((secret) => otherSecret(secret, vector));
    expect(await verify(vector, { ...freshly(vector, at, at + 2), secrets })).toMatchObject({ ok: false });
  },
);
