import { createPublicKey } from 'node:crypto';
import {
  catalogue,
  createVerifier,
  eventTypeOf,
  HeaderList,
  sample,
  type KeyDirectory,
  type Provider,
  type Scheme,
  type Verification,
  type WebhookRequest,
} from './index';
import type { Path } from './json-path';

// A body of any size within the host's body limit is read for its type, its delivery id, its age and its signature.

const NOW = 1_795_000_000_000;
const URL_AT_PROVIDER = 'https://hooks.example.test/in';
const MiB = 1024 * 1024;

/** Bodies with the places where some schemes write their signature. */
const bodies: Readonly<Record<string, unknown>> = {
  adyen: {
    notificationItems: ['one', 'two'].map((pspReference) => ({
      NotificationRequestItem: {
        additionalData: { hmacSignature: '' },
        pspReference,
        merchantAccountCode: 'm',
        amount: { value: 1130, currency: 'EUR' },
        eventCode: 'AUTHORISATION',
        success: 'true',
      },
    })),
  },
  mailgun: { signature: { timestamp: '1', token: 't', signature: 's' }, 'event-data': { event: 'opened' } },
  'microsoft-graph': { value: [{ id: '1', clientState: 'x', changeType: 'created' }] },
  'aws-sns': {
    Type: 'Notification',
    MessageId: 'm-1',
    TopicArn: 'arn:aws:sns:eu-central-1:123456789012:paggio-test',
    Message: 'hello',
    Timestamp: 'x',
    SignatureVersion: '1',
    Signature: 'x',
    SigningCertURL: 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem',
  },
  linear: { type: 'Issue', action: 'create', webhookTimestamp: NOW },
  x: { for_user_id: '1', tweet_create_events: [] },
  telegram: { message: { text: 'hi' }, update_id: 1 },
  mandrill: `mandrill_events=${encodeURIComponent('[{"event":"open"}]')}`,
};

/** A body with a text at every place that the rules of a provider read. */
function bodyFor({ spec }: Provider): unknown {
  let root: unknown;
  const put = (path: Path): void => {
    root ??= typeof path[0] === 'number' ? [] : {};
    let here = root as Record<string | number, unknown>;
    path.forEach((step, index) => {
      const next = path[index + 1];
      here[step] ??= next === undefined ? path.join('.') : typeof next === 'number' ? [] : {};
      here = here[step] as Record<string | number, unknown>;
    });
  };
  const walk = (rule: unknown): void => {
    if (typeof rule !== 'object' || rule === null) return;
    const { from, path } = rule as { from?: unknown; path?: Path };
    if (from === 'body' && path) put(path);
    for (const inner of Object.values(rule)) walk(inner);
  };
  walk(spec.eventType);
  walk(spec.deliveryId);
  return root ?? { type: 'thing.happened' };
}

interface Unsigned {
  body: Buffer;
  rawHeaders: readonly string[];
}

function smallOf(provider: Provider): Unsigned {
  const made = sample(provider.name, undefined, new Date(NOW));
  const own = bodies[provider.name];
  if (made && own === undefined) return made;
  const isText = typeof own === 'string';
  const body = Buffer.from(isText ? own : JSON.stringify(own ?? bodyFor(provider)));
  const type = isText ? 'application/x-www-form-urlencoded' : 'application/json';
  return { body, rawHeaders: made?.rawHeaders ?? ['Content-Type', type] };
}

/** The same event with a member or field of that size in front. */
function padded({ body, rawHeaders }: Unsigned, bytes: number): Unsigned {
  const text = body.toString();
  const filler = 'x'.repeat(bytes);
  if (text.startsWith('[]')) throw new Error('no place for the filler');
  // The type of Telegram is the name of a member, so its filler is one level down.
  const place = text.startsWith('{"message"') ? /(?<=:)\{(\s*\})?/ : /\{(\s*\})?/;
  const large = /^\s*[{[]/.test(text)
    ? text.replace(place, (_, end?: string) => `{"filler":"${filler}"${end ?? ','}`)
    : `filler=${filler}&${text}`;
  return { body: Buffer.from(large), rawHeaders };
}

interface Signed {
  request: WebhookRequest;
  verify: (request: WebhookRequest) => Promise<Verification>;
}

function signedBy(provider: Provider, schemeName: string, scheme: Scheme, { body, rawHeaders }: Unsigned): Signed {
  const pair = scheme.createTestSecret();
  const settings: Record<string, string> = provider.name === 'livekit' ? { api_key: 'key' } : {};
  const input = { method: 'POST', body, rawHeaders, secret: pair.signingKey, publicUrl: URL_AT_PROVIDER, settings };
  const parts = scheme.sign({ ...input, timestamp: NOW, id: 'msg_1' });
  const pem = pair.signingKey.slice(pair.signingKey.indexOf('-----BEGIN'));
  const text = (): string => createPublicKey(pem).export({ format: 'pem', type: 'spki' }) as string;
  const keys: KeyDirectory = {
    fetch: () => Promise.resolve({ text: text() }),
    post: () => Promise.resolve({ text: text() }),
  };
  const secrets = [{ value: pair.secret, expiresAt: null }];
  const config = { provider: provider.name, scheme: schemeName, secrets, publicUrl: URL_AT_PROVIDER, settings };
  const verifier = createVerifier(config, { keys });
  if (Array.isArray(verifier)) throw new Error(JSON.stringify(verifier));
  return {
    request: {
      method: 'POST',
      target: parts.query === undefined ? '/in' : `/in?${parts.query}`,
      headers: new HeaderList([...rawHeaders, ...parts.headers.flat()]),
      body: parts.body ?? body,
      receivedAt: NOW,
    },
    verify: async (request) => verifier.verify(request),
  };
}

/** Everything that a gateway learns from a request, and from the same request two days later. */
async function learned(provider: Provider, scheme: string, unsigned: Unsigned): Promise<Record<string, unknown>> {
  const { request, verify } = signedBy(provider, scheme, provider.schemes[scheme] as Scheme, unsigned);
  const { proof: _, ...verdict } = { proof: '', ...(await verify(request)) };
  const old = await verify({ ...request, receivedAt: NOW + 48 * 3600_000 });
  return {
    verdict,
    old: old.ok ? 'accepted' : old.reason,
    type: eventTypeOf(request, provider),
    // Mailgun's id is new with each signature.
    id: provider.name === 'mailgun' ? typeof provider.deliveryId(request) : provider.deliveryId(request),
  };
}

/** The rules that decide how a body is read. One provider of each shape is tried, and all in the full check. */
function shapeOf({ spec, defaultScheme }: Provider): string {
  const kinds = (rule: unknown): unknown =>
    typeof rule !== 'object' || rule === null
      ? null
      : [(rule as { from?: unknown }).from ?? null, ...Object.values(rule).map(kinds).filter(Boolean)];
  const scheme = spec.schemes[defaultScheme];
  const reads = /"body/.test(JSON.stringify(scheme));
  return JSON.stringify([scheme?.kind, reads, kinds(spec.eventType), kinds(spec.deliveryId)]);
}

const shapes = new Map(catalogue.toReversed().map((provider) => [shapeOf(provider), provider]));
const tried = process.env['PAGGIO_FULL'] === '1' ? catalogue : [...shapes.values()];
const cases = tried.map((provider) => [provider.name, provider.defaultScheme, provider] as const);

test.each(cases)('%s, %s: a body of more than 1 MiB has the results of a small one', async (_, scheme, provider) => {
  const small = smallOf(provider);
  const expected = await learned(provider, scheme, small);
  expect(expected['verdict']).toMatchObject({ ok: true });
  const large = padded(small, MiB + 1);
  expect(large.body.length).toBeGreaterThan(MiB);
  const found = await learned(provider, scheme, large);
  expect(found).toEqual(expected);
});

test.each(['github', 'adyen', 'linear'])('%s: a body of 8 MiB has the same results', async (name) => {
  const provider = catalogue.find((one) => one.name === name) as Provider;
  const small = smallOf(provider);
  const expected = await learned(provider, provider.defaultScheme, small);
  expect(await learned(provider, provider.defaultScheme, padded(small, 8 * MiB))).toEqual(expected);
});

describe('a body that is too large to read', () => {
  const deep = `${'['.repeat(600_000)}${']'.repeat(600_000)}`;

  test('is refused if its signature or its age is in the body', async () => {
    for (const name of ['adyen', 'microsoft-graph', 'mailgun', 'aws-sns', 'linear']) {
      const provider = catalogue.find((one) => one.name === name) as Provider;
      const scheme = provider.schemes[provider.defaultScheme] as Scheme;
      const small = smallOf(provider);
      // The whole body is signed, so only its size can be wrong for Linear.
      const body = Buffer.from(small.body.toString().replace('{', `{"filler":${deep},`));
      const signed = name === 'linear' ? { ...small, body } : small;
      const { request, verify } = signedBy(provider, provider.defaultScheme, scheme, signed);
      const sent = name === 'linear' ? request : { ...request, body };
      expect([name, await verify(sent)]).toEqual([name, { ok: false, reason: 'body_too_large_to_read' }]);
    }
  });

  test('is refused as a form with very many fields, if all of them are signed', async () => {
    const provider = catalogue.find(({ name }) => name === 'twilio') as Provider;
    const rawHeaders = ['Content-Type', 'application/x-www-form-urlencoded'];
    const body = Buffer.from('a=1');
    const scheme = provider.schemes[provider.defaultScheme] as Scheme;
    const { request, verify } = signedBy(provider, provider.defaultScheme, scheme, { body, rawHeaders });
    expect(await verify(request)).toMatchObject({ ok: true });
    const many = { ...request, body: Buffer.from('a&'.repeat(500_000)) };
    expect(await verify(many)).toEqual({ ok: false, reason: 'body_too_large_to_read' });
  });
});

test('a field of a large form is found, however its name is written', () => {
  const slack = catalogue.find(({ name }) => name === 'slack') as Provider;
  const filler = `filler=${'x'.repeat(MiB)}&commanD=no&comman=no&commands=no&`;
  for (const field of ['command=%2Fdeploy', 'c%6Fmmand=/deploy', '%63%6f%6d%6d%61%6e%64=%2fdeploy']) {
    const headers = HeaderList.from({ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' });
    const body = Buffer.from(`${filler}${field}&command=second`);
    expect(eventTypeOf({ method: 'POST', target: '/in', headers, body, receivedAt: NOW }, slack)).toBe('/deploy');
  }
});
