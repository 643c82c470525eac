import type { VerificationSettings } from './verification-settings';
import { createHash, createHmac } from 'node:crypto';
import { jsonBody } from './body-value';
import vectorFile from './fixtures/provider-vectors.json';
import {
  createVerifier,
  detect,
  eventTypeOf,
  findProvider,
  HeaderList,
  type Scheme,
  type Verification,
  type Verifier,
  type WebhookRequest,
} from './index';

const NOW = 1_700_000_000_000;

function request(
  headers: Record<string, string | string[]>,
  body: string | Buffer = '',
  target = '/in',
  method = 'POST',
): WebhookRequest {
  return { method, target, headers: HeaderList.from(headers), body: Buffer.from(body as string), receivedAt: NOW };
}

function verifier(provider: string, secret = 'k', settings: VerificationSettings = {}): Verifier {
  const made = createVerifier({
    provider,
    scheme: null,
    secrets: [{ value: secret, expiresAt: null }],
    publicUrl: null,
    settings,
  });
  if (Array.isArray(made)) throw new Error(JSON.stringify(made));
  return made;
}

/** Verifies with a scheme that never waits. */
function check(checking: Verifier, incoming: WebhookRequest): Verification {
  const result = checking.verify(incoming);
  if (result instanceof Promise) throw new Error('this scheme waits');
  return result;
}

const githubSignature = (body: string, algorithm = 'sha256', key = 'k'): string =>
  createHmac(algorithm, key).update(body).digest('hex');

test('a secret counts until it expires, also when requests come in another order than their times', () => {
  const made = createVerifier({
    provider: 'github',
    scheme: null,
    secrets: [
      { value: 'new', expiresAt: null },
      { value: 'old', expiresAt: NOW + 1_000 },
      { value: 'older', expiresAt: NOW - 1_000 },
    ],
    publicUrl: null,
    settings: {},
  }) as Verifier;
  const holds = (key: string, receivedAt: number): boolean => {
    const signed = request({ 'X-Hub-Signature-256': `sha256=${githubSignature('{}', 'sha256', key)}` }, '{}');
    return check(made, { ...signed, receivedAt }).ok;
  };
  const times = [NOW, NOW + 999, NOW + 1_000, NOW, NOW - 1_001, NOW - 1_000, NOW + 5_000, NOW - 5_000];
  expect(times.map((time) => holds('new', time))).toEqual(times.map(() => true));
  expect(times.map((time) => holds('old', time))).toEqual([true, true, false, true, true, true, false, true]);
  expect(times.map((time) => holds('older', time))).toEqual([false, false, false, false, true, false, false, true]);
});

test('a repeated signature header is refused in either order [SIG-05]', () => {
  const good = `sha256=${githubSignature('{}')}`;
  for (const pair of [
    [good, 'sha256=00'],
    ['sha256=00', good],
    [good, good],
  ]) {
    const result = check(verifier('github'), request({ 'X-Hub-Signature-256': pair }, '{}'));
    expect(result).toEqual({ ok: false, reason: 'repeated_header' });
  }
});

test('a signature that only a lenient decoder would accept is refused [SIG-06]', () => {
  const hex = githubSignature('{}');
  for (const value of [`${hex}zz`, hex.toUpperCase(), ` ${hex}`, `${hex}\n#`]) {
    expect(check(verifier('github'), request({ 'x-hub-signature-256': `sha256=${value}` }, '{}')).ok).toBe(false);
  }
  const base64 = createHmac('sha256', 'k').update('{"a":"??>"}').digest('base64');
  for (const value of [
    `${base64}\n#`,
    base64.replaceAll('+', '-').replaceAll('/', '_').replace('=', ''),
    `${base64}=`,
  ]) {
    expect(check(verifier('shopify'), request({ 'x-shopify-hmac-sha256': value }, '{"a":"??>"}')).ok).toBe(false);
  }
  expect(check(verifier('shopify'), request({ 'x-shopify-hmac-sha256': base64 }, '{"a":"??>"}')).ok).toBe(true);
});

test('a signature of any length or alphabet is refused and never throws [SIG-07]', () => {
  for (const value of ['', 'sha256=', 'sha256=a', `sha256=${'a'.repeat(1_000_000)}`, 'sha256=\u00e9\u00ff']) {
    expect(check(verifier('github'), request({ 'x-hub-signature-256': value }, '{}')).ok).toBe(false);
  }
});

test('verification without a usable secret cannot be configured [SIG-08]', () => {
  for (const secrets of [[], [''], ['   ']]) {
    const made = createVerifier({
      provider: 'github',
      scheme: null,
      secrets: secrets.map((value) => ({ value, expiresAt: null })),
      publicUrl: null,
      settings: {},
    });
    expect(made).toEqual([expect.objectContaining({ field: expect.stringContaining('secrets') })]);
  }
});

test('a signature under the empty key is refused [SIG-09]', () => {
  const result = check(
    verifier('github'),
    request({ 'x-hub-signature-256': `sha256=${githubSignature('{}', 'sha256', '')}` }, '{}'),
  );
  expect(result).toEqual({ ok: false, reason: 'wrong_signature' });
});

test('the algorithm comes from the configuration [SIG-11]', () => {
  for (const algorithm of ['sha1', 'md5', 'sha512']) {
    const value = `${algorithm}=${githubSignature('{}', algorithm)}`;
    expect(check(verifier('github'), request({ 'x-hub-signature-256': value }, '{}')).ok).toBe(false);
  }
});

describe('timestamps [SIG-13, SIG-14]', () => {
  const signed = (timestamp: string) =>
    request(
      { 'stripe-signature': `t=${timestamp},v1=${createHmac('sha256', 'k').update(`${timestamp}.{}`).digest('hex')}` },
      '{}',
    );

  test.each(['1700000000abc', '1e9', '0x65', '', '-1', '1700000000000', '99999999999999999999', ' 1700000000x'])(
    'refuses %j though it is correctly signed',
    (timestamp) => {
      expect(check(verifier('stripe'), signed(timestamp)).ok).toBe(false);
    },
  );

  test('accepts 300 s in either direction', () => {
    for (const [offset, ok] of [
      [-299, true],
      [299, true],
      [-300, true],
      [-301, false],
      [301, false],
    ] as const) {
      expect([offset, check(verifier('stripe'), signed(String(NOW / 1000 + offset))).ok]).toEqual([offset, ok]);
    }
  });
});

test('at most twenty of a thousand candidate signatures are tried [SIG-17]', () => {
  const good = createHmac('sha256', 'k').update('1700000000.{}').digest('hex');
  const flood = Array.from({ length: 1000 }, () => `v1=${'0'.repeat(64)}`).join(',');
  const result = check(verifier('stripe'), request({ 'stripe-signature': `t=1700000000,${flood},v1=${good}` }, '{}'));
  expect(result.ok).toBe(false);
});

test('an old secret is accepted until it expires [SIG-18]', () => {
  const make = (expiresAt: number) =>
    createVerifier({
      provider: 'github',
      scheme: null,
      secrets: [
        { value: 'new', expiresAt: null },
        { value: 'old', expiresAt },
      ],
      publicUrl: null,
      settings: {},
    }) as Verifier;
  const old = request({ 'x-hub-signature-256': `sha256=${githubSignature('{}', 'sha256', 'old')}` }, '{}');
  expect(check(make(NOW + 1), old).ok).toBe(true);
  expect(check(make(NOW), old).ok).toBe(false);
});

describe('handshakes', () => {
  const byId = Object.fromEntries(vectorFile.handshakes.map((handshake) => [handshake.id, handshake]));

  test('Zoom, X, Meta and Okta get the documented answer', () => {
    const zoom = byId['zoom.url_validation'] as unknown as { request: { body: unknown }; response: { json: unknown } };
    const zoomRequest = request({ 'content-type': 'application/json' }, JSON.stringify(zoom.request.body));
    const answer = verifier('zoom', 'zm').handshake(zoomRequest, { ok: false, reason: 'missing_signature' });
    expect(JSON.parse(answer?.body ?? '')).toEqual(zoom.response.json);

    const crc = verifier('x', 'k_x-twitter').handshake(request({}, '', '/in?crc_token=abc', 'GET'), {
      ok: false,
      reason: 'missing_signature',
    });
    expect(JSON.parse(crc?.body ?? '')).toEqual(
      (byId['x.crc'] as unknown as { response: { json: unknown } }).response.json,
    );

    const subscribe = (token: string) =>
      verifier('meta', 'k', { verify_token: 'vt' }).handshake(
        request({}, '', `/in?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=%3Cscript%3E`, 'GET'),
        { ok: false, reason: 'missing_signature' },
      );
    expect(subscribe('vt')).toMatchObject({ status: 200, contentType: 'text/plain; charset=utf-8', body: '<script>' });
    expect(subscribe('nope')?.status).toBe(403);

    const okta = verifier('okta').handshake(request({ 'X-Okta-Verification-Challenge': 'abc' }, '', '/in', 'GET'), {
      ok: false,
      reason: 'missing_signature',
    });
    expect(JSON.parse(okta?.body ?? '')).toEqual({ verification: 'abc' });
  });

  test('Slack and Discord are answered only when signed [SIG-10]', () => {
    const body = JSON.stringify({
      token: 'x',
      challenge: '3eZbrw1aB',
      type: 'url_verification',
      event: { type: 'message' },
    });
    const unsigned = request({}, body);
    const slack = verifier('slack');
    expect(slack.handshake(unsigned, check(slack, unsigned))).toBeUndefined();

    const signature = createHmac('sha256', 'k').update(`v0:1700000000:${body}`).digest('hex');
    const signed = request({ 'X-Slack-Signature': `v0=${signature}`, 'X-Slack-Request-Timestamp': '1700000000' }, body);
    expect(slack.handshake(signed, check(slack, signed))?.body).toBe('3eZbrw1aB');
    const ping = request({}, '{"type":1}');
    const discord = verifier('discord', 'd2b468c617cc2a04eff6540155d9b09e9628068131454a5a9d07d81a69f49ab8');
    expect(discord.handshake(ping, check(discord, ping))).toBeUndefined();
    expect(discord.handshake(ping, { ok: true, proof: '', bodyAuthenticated: true, coversTimestamp: true })?.body).toBe(
      '{"type":1}',
    );
  });

  test('a challenge cannot be used to get an event signed', () => {
    const forged = 'v0:1700000000:{"event":"x"}';
    const zoomRequest = request(
      {},
      JSON.stringify({ event: 'endpoint.url_validation', payload: { plainToken: forged } }),
    );
    expect(verifier('zoom').handshake(zoomRequest, { ok: false, reason: 'missing_signature' })).toBeUndefined();
    const crc = request({}, '', `/in?crc_token=${encodeURIComponent('{"a":1}')}`, 'GET');
    expect(verifier('x').handshake(crc, { ok: false, reason: 'missing_signature' })).toBeUndefined();
  });
});

describe('special rules of some providers', () => {
  const made = (
    provider: string,
    secrets: string[],
    publicUrl: string | null = null,
    scheme: string | null = null,
  ): Verifier => {
    const config = {
      provider,
      scheme,
      publicUrl,
      settings: {},
      secrets: secrets.map((value) => ({ value, expiresAt: null })),
    };
    const verifying = createVerifier(config);
    if (Array.isArray(verifying)) throw new Error(JSON.stringify(verifying));
    return verifying;
  };
  const base64 = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('base64');

  test('HubSpot decodes some escapes of the URL before it signs, and its own library does not', () => {
    const hubspot = made('hubspot', ['k'], 'https://a.test/in');
    const signature = base64('k', `POSThttps://a.test/in?a=x:y/z@&b=%20%26{}${NOW}`);
    const headers = { 'X-HubSpot-Signature-v3': signature, 'X-HubSpot-Request-Timestamp': String(NOW) };
    expect(check(hubspot, request(headers, '{}', '/in?a=x%3Ay%2Fz%40&b=%20%26')).ok).toBe(true);
    expect(check(hubspot, request(headers, '{}', '/in?a=x%3Ay%2Fz%41&b=%20%26')).ok).toBe(false);
    const raw = base64('k', `POSThttps://a.test/in?a=x%3Ay%2Fz%40{}${NOW}`);
    expect(check(hubspot, request({ ...headers, 'X-HubSpot-Signature-v3': raw }, '{}', '/in?a=x%3Ay%2Fz%40')).ok).toBe(
      true,
    );
  });

  test('the older HubSpot schemes are digests of the secret and the request', () => {
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    const v1 = request({ 'X-HubSpot-Signature': digest('k{}') }, '{}');
    expect(check(made('hubspot', ['k'], 'https://a.test/in', 'v1'), v1).ok).toBe(true);
    const v2 = request({ 'X-HubSpot-Signature': digest('kPOSThttps://a.test/in{}') }, '{}');
    expect(check(made('hubspot', ['k'], 'https://a.test/in', 'v2'), v2).ok).toBe(true);
    // The default scheme ignores the weaker header.
    expect(check(made('hubspot', ['k'], 'https://a.test/in'), v2)).toEqual({ ok: false, reason: 'missing_signature' });
  });

  test('a signature of either key of DocuSign and Box is accepted', () => {
    const docusign = made('docusign', ['second']);
    const both = { 'X-DocuSign-Signature-1': base64('first', '{}'), 'X-DocuSign-Signature-2': base64('second', '{}') };
    expect(check(docusign, request(both, '{}')).ok).toBe(true);
    expect(check(docusign, request({ ...both, 'X-DocuSign-Signature-2': 'x' }, '{}')).ok).toBe(false);
    expect(
      check(docusign, request({ ...both, 'X-DocuSign-Signature-2': [base64('second', '{}'), 'x'] }, '{}')),
    ).toEqual({
      ok: false,
      reason: 'repeated_header',
    });
    const at = new Date(NOW).toISOString();
    const box = {
      'BOX-SIGNATURE-PRIMARY': base64('a', `{}${at}`),
      'BOX-SIGNATURE-SECONDARY': base64('b', `{}${at}`),
      'BOX-DELIVERY-TIMESTAMP': at,
    };
    expect(check(made('box', ['b']), request(box, '{}')).ok).toBe(true);
    expect(check(made('box', ['c']), request(box, '{}')).ok).toBe(false);
  });

  test('Recurly lists the timestamp first, and CircleCI ignores everything except v1', () => {
    const digest = (text: string): string => createHmac('sha256', 'k').update(text).digest('hex');
    const recurly = request({ 'recurly-signature': `${NOW},${'0'.repeat(64)},${digest(`${NOW}.{}`)}` }, '{}');
    expect(check(made('recurly', ['k']), recurly).ok).toBe(true);
    const seconds = NOW / 1000;
    const inSeconds = (at: number): WebhookRequest =>
      request({ 'recurly-signature': `${at},${digest(`${at}.{}`)}` }, '{}');
    expect(check(made('recurly', ['k']), inSeconds(seconds)).ok).toBe(true);
    expect(check(made('recurly', ['k']), inSeconds(seconds - 301))).toEqual({ ok: false, reason: 'timestamp_too_old' });
    const circle = (value: string): boolean =>
      check(made('circleci', ['k']), request({ 'circleci-signature': value }, '{}')).ok;
    expect([circle(`v2=x,v1=${digest('{}')}`), circle(`v2=${digest('{}')}`)]).toEqual([true, false]);
  });

  test('every notification of Microsoft Graph has to carry the client state', () => {
    const graph = made('microsoft-graph', ['state']);
    const of = (...states: (string | undefined)[]): boolean =>
      check(graph, request({}, JSON.stringify({ value: states.map((clientState) => ({ clientState })) }))).ok;
    expect([of('state'), of('state', 'state'), of('state', 'other'), of('state', undefined), of()]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('basic authentication is compared as a whole', () => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const postmark = made('postmark', ['user:pass:word']);
    const of = (value: string): boolean => check(postmark, request({ authorization: value })).ok;
    expect([
      of(basic('user:pass:word')),
      of(basic('user:pass')),
      of('Bearer user:pass:word'),
      of(basic('user:pass:word').toLowerCase()),
    ]).toEqual([true, false, false, false]);
    expect(
      createVerifier({
        provider: 'postmark',
        scheme: null,
        secrets: [{ value: 'nocolon', expiresAt: null }],
        publicUrl: null,
        settings: {},
      }),
    ).toEqual([expect.objectContaining({ field: 'secrets[0]' })]);
  });
});

test('one bad item of several refuses the whole request [SIG-26]', () => {
  const adyen = findProvider('adyen')?.schemes['standard'] as Scheme;
  const key = 'ab'.repeat(32);
  const item = (reference: string): string =>
    `{"NotificationRequestItem":{"additionalData":{"hmacSignature":""},"pspReference":"${reference}","merchantAccountCode":"m","merchantReference":"r","amount":{"value":1,"currency":"EUR"},"eventCode":"CAPTURE","success":"true"}}`;
  const body = Buffer.from(`{"live":"false","notificationItems":[${item('one')}, ${item('two')}]}`);
  const input = { method: 'POST', rawHeaders: [], secret: key, publicUrl: null, timestamp: NOW, id: '' };
  const signed = adyen.sign({ ...input, body }).body as Buffer;
  expect(check(verifier('adyen', key), request({}, signed)).ok).toBe(true);
  for (const reference of ['one', 'two']) {
    const changed = signed.toString().replace(`"${reference}"`, '"six"');
    expect(check(verifier('adyen', key), request({}, changed))).toEqual({ ok: false, reason: 'wrong_signature' });
  }
  const unsigned = signed.toString().replace(/"hmacSignature":"[^"]+"/, '"hmacSignature":""');
  expect(check(verifier('adyen', key), request({}, unsigned)).ok).toBe(false);
});

test('a secret is accepted from a handshake only while there is no secret [SIG-10]', () => {
  const make = (secrets: string[]): Verifier => {
    const settings = { scheme: null, publicUrl: null, settings: {} };
    const made = createVerifier({
      provider: 'notion',
      secrets: secrets.map((value) => ({ value, expiresAt: 1 })),
      ...settings,
    });
    if (Array.isArray(made)) throw new Error(JSON.stringify(made));
    return made;
  };
  const incoming = request({}, '{"verification_token":"secret_of_sixteen_or_more"}');
  const refusedAsUnsigned = { ok: false, reason: 'missing_signature' } as const;
  expect(make([]).handshake(incoming, refusedAsUnsigned)?.secret).toBe('secret_of_sixteen_or_more');
  // An expired secret counts too, so nobody else can bring the next one.
  expect(make(['an old secret']).handshake(incoming, refusedAsUnsigned)).toBeUndefined();
  expect(make([]).handshake(request({}, '{"verification_token":"short"}'), refusedAsUnsigned)).toBeUndefined();
  const signedOne = request(
    { 'x-notion-signature': 'sha256=00' },
    '{"verification_token":"secret_of_sixteen_or_more"}',
  );
  expect(make([]).handshake(signedOne, refusedAsUnsigned)).toBeUndefined();
});

describe('detection and event types', () => {
  const cases: [string, Record<string, string>, string, string | undefined, string | null][] = [
    ['stripe', { 'Stripe-Signature': 't=1,v1=a' }, '{"type":"invoice.paid"}', 'stripe', 'invoice.paid'],
    [
      'github with an action',
      { 'X-GitHub-Event': 'issues', 'X-Hub-Signature-256': 'sha256=a' },
      '{"action":"opened"}',
      'github',
      'issues.opened',
    ],
    ['github push', { 'X-GitHub-Event': 'push' }, '{"ref":"x"}', 'github', 'push'],
    [
      'github as a form',
      { 'X-GitHub-Event': 'issues', 'Content-Type': 'application/x-www-form-urlencoded' },
      `payload=${encodeURIComponent('{"action":"closed"}')}`,
      'github',
      'issues.closed',
    ],
    ['meta', { 'X-Hub-Signature-256': 'sha256=a' }, '{"object":"page"}', 'meta', 'page'],
    ['shopify', { 'X-Shopify-Topic': 'orders/create' }, '{}', 'shopify', 'orders/create'],
    [
      'slack event',
      { 'X-Slack-Signature': 'v0=a' },
      '{"type":"event_callback","event":{"type":"message"}}',
      'slack',
      'message',
    ],
    [
      'slack command',
      { 'X-Slack-Signature': 'v0=a', 'Content-Type': 'application/x-www-form-urlencoded' },
      'command=%2Fdeploy&text=x',
      'slack',
      '/deploy',
    ],
    [
      'standard webhooks',
      { 'webhook-id': 'a', 'webhook-signature': 'v1,a' },
      '{"type":"user.created"}',
      'standard-webhooks',
      'user.created',
    ],
    ['svix', { 'svix-id': 'a', 'svix-signature': 'v1,a' }, '{"type":"user.created"}', 'svix', 'user.created'],
    ['gitlab', { 'X-Gitlab-Event': 'Push Hook' }, '{"object_kind":"push"}', 'gitlab', 'push'],
    ['unknown', {}, '{"event":"x.y"}', undefined, 'x.y'],
    ['unknown text', {}, 'hello', undefined, null],
    ['a type that is not text', {}, '{"type":{"a":1},"event":["x"]}', undefined, null],
    ['prototype names', {}, '{"__proto__":{"type":"x"}}', undefined, null],
  ];
  test.each(cases)('%s', (_, headers, body, provider, type) => {
    const incoming = request(headers, body);
    expect(detect(incoming.headers)?.name).toBe(provider);
    expect(eventTypeOf(incoming, provider ? findProvider(provider) : undefined)).toBe(type);
  });

  test('long types are cut, and NUL and lone surrogates are replaced [ING-40]', () => {
    expect(eventTypeOf(request({}, JSON.stringify({ type: 'x'.repeat(10_000) })), undefined)).toHaveLength(256);
    expect(eventTypeOf(request({}, '{"type":"a\\u0000b\\ud800"}'), undefined)).toBe('a\uFFFDb\uFFFD');
  });
});

test('a body that is not UTF-8 has no type and no delivery id, so two of them are never taken for the same event', () => {
  for (const byte of [0xff, 0xfe]) {
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([byte]), Buffer.from('","type":"a"}')]);
    const incoming = { ...request({}, ''), body };
    expect([jsonBody(incoming), eventTypeOf(incoming, undefined)]).toEqual([undefined, null]);
  }
});

describe('the custom provider', () => {
  test('verifies an HMAC with timestamp and prefix', () => {
    const custom = verifier('custom', 'k', {
      kind: 'hmac',
      header: 'X-Sig',
      prefix: 's=',
      encoding: 'base64',
      template: '{timestamp}:{body}',
      timestamp_header: 'X-Ts',
      id_header: 'X-Id',
    });
    const value = createHmac('sha256', 'k').update('1700000000:{}').digest('base64');
    const incoming = request({ 'x-sig': `s=${value}`, 'x-ts': '1700000000', 'x-id': 'd1' }, '{}');
    expect(check(custom, incoming)).toEqual({ ok: true, proof: value, bodyAuthenticated: true, coversTimestamp: true });
    expect(custom.provider.deliveryId(incoming)).toBe('d1');
  });

  test('names all mistakes', () => {
    const problems = createVerifier({
      provider: 'custom',
      scheme: null,
      secrets: [{ value: 'k', expiresAt: null }],
      publicUrl: null,
      settings: {
        kind: 'hmac',
        algorithm: 'md4',
        header: 'a b',
        template: '{timestamp}',
        nonsense: 1,
        tolerance_seconds: -1,
      },
    });
    expect((problems as { field: string }[]).map((problem) => problem.field).sort()).toEqual([
      'settings.algorithm',
      'settings.header',
      'settings.nonsense',
      'settings.template',
      'settings.timestamp_header',
      'settings.tolerance_seconds',
    ]);
  });
});
