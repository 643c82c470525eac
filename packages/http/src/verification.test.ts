import { createHmac, createPublicKey } from 'node:crypto';
import { findProvider, type Scheme } from '@paggio/providers';
import type { TelemetryEvent } from '@paggio/core';
import { owner, query, Recorder, settled, until } from '@paggio/core/testing';
import Stripe from 'stripe';
import { startGatewayServer, type GatewayServer } from './testing/gateway-server';
import { request, type RawAnswer, type RawRequest } from './testing/raw-http';

let server: GatewayServer;
let recorder: Recorder;
/** Plays the servers of Amazon, PayPal and Plaid, and records what they are asked. */
let world: Recorder;
const publicKeys = new Map<string, string>();

beforeAll(async () => {
  recorder = await Recorder.start();
  world = await Recorder.start((asked, response) => {
    const text = publicKeys.get(asked.url);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server = await startGatewayServer({ localUrl: recorder.url('') }, {}, undefined, {
    transport: (real) => ({
      ...real,
      send: (sent) =>
        real.send(
          /amazonaws\.com|paypal\.com|plaid\.com/.test(sent.origin) ? { ...sent, origin: world.url('') } : sent,
        ),
    }),
  });
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await recorder.stop();
  await world.stop();
  await server.stop();
});

type Endpoint = { id: string; webhook_url: string; path: string };

async function endpoint(verification: object, more: object = {}): Promise<Endpoint> {
  const { data, status } = await server.api().post('/api/v1/endpoints', { name: 'v', verification, ...more });
  expect([status, data.details]).toEqual([201, undefined]);
  return { id: data.id, webhook_url: data.webhook_url, path: new URL(data.webhook_url).pathname };
}

async function send(to: Endpoint, input: Omit<RawRequest, 'path'> & { query?: string } = {}): Promise<RawAnswer> {
  const { query: search, ...rest } = input;
  return request(server.port, {
    method: 'POST',
    ...rest,
    path: search === undefined ? to.path : `${to.path}?${search}`,
  });
}

async function eventsOf({ id }: Endpoint): Promise<number> {
  return (await server.api().get('/api/v1/events', { params: { endpoint_id: id } })).data.meta.total;
}

const hex = (secret: string, text: string, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHmac('sha256', secret).update(text).digest(encoding);

const seconds = (): number => Math.floor(Date.now() / 1000);

describe('a handshake is answered, is not an event, and disables no check [SIG-03]', () => {
  const text = (answer: RawAnswer): unknown => [answer.status, answer.headers['content-type'], answer.body.toString()];
  const PLAIN = 'text/plain; charset=utf-8';

  test.each<[string, object, Omit<RawRequest, 'path'> & { query?: string }, unknown]>([
    [
      'meta',
      { settings: { verify_token: 'vt' } },
      {
        method: 'GET',
        query: 'hub.mode=subscribe&hub.verify_token=vt&hub.challenge=%3Cscript%3Ealert(1)%3C/script%3E',
      },
      [200, PLAIN, '<script>alert(1)</script>'],
    ],
    [
      'meta',
      { settings: { verify_token: 'vt' } },
      { method: 'GET', query: 'hub.mode=subscribe&hub.verify_token=no&hub.challenge=1' },
      [403, PLAIN, 'Forbidden'],
    ],
    [
      'meta',
      {},
      { method: 'GET', query: 'hub.mode=subscribe&hub.verify_token=&hub.challenge=1' },
      [403, PLAIN, 'Forbidden'],
    ],
    ['dropbox', {}, { method: 'GET', query: 'challenge=%3Cb%3E' }, [200, PLAIN, '<b>']],
    ['nylas', {}, { method: 'GET', query: 'challenge=abc' }, [200, PLAIN, 'abc']],
    ['microsoft-graph', {}, { query: 'validationToken=a%2Bb%20c' }, [200, PLAIN, 'a+b c']],
    [
      'okta',
      {},
      { method: 'GET', headers: [['X-Okta-Verification-Challenge', 'abc']] },
      [200, 'application/json', '{"verification":"abc"}'],
    ],
    ['trello', { public_url: 'https://a.test/' }, { method: 'HEAD' }, [200, undefined, '']],
    [
      'strava',
      { settings: { verify_token: 'vt' } },
      { method: 'GET', query: 'hub.mode=subscribe&hub.verify_token=vt&hub.challenge=c1' },
      [200, 'application/json', '{"hub.challenge":"c1"}'],
    ],
    ['monday', {}, { body: '{"challenge":"c"}' }, [200, 'application/json', '{"challenge":"c"}']],
    [
      'woocommerce',
      {},
      { body: 'webhook_id=7', headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
      [200, PLAIN, ''],
    ],
    [
      'x',
      {},
      { method: 'GET', query: 'crc_token=abc' },
      [200, 'application/json', JSON.stringify({ response_token: `sha256=${hex('s3cret-s3cret', 'abc', 'base64')}` })],
    ],
    [
      'zoom',
      {},
      { body: '{"event":"endpoint.url_validation","payload":{"plainToken":"p"}}' },
      [200, 'application/json', JSON.stringify({ plainToken: 'p', encryptedToken: hex('s3cret-s3cret', 'p') })],
    ],
  ])('the handshake of %s is answered, and is not an event: %#', async (provider, more, input, expected) => {
    const to = await endpoint({ provider, secrets: ['s3cret-s3cret'], ...more });
    const answer = await send(to, input);
    expect(text(answer)).toEqual(expected);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(await eventsOf(to)).toBe(0);
  });

  test('the handshakes of Slack and LINE are answered only when signed', async () => {
    const slack = await endpoint({ provider: 'slack', secrets: ['s3cret-s3cret'] });
    const challenge = '{"type":"url_verification","challenge":"<b>c</b>","event":{"type":"message"}}';
    expect((await send(slack, { body: challenge })).status).toBe(401);
    const ts = String(seconds());
    const headers: [string, string][] = [
      ['X-Slack-Request-Timestamp', ts],
      ['X-Slack-Signature', `v0=${hex('s3cret-s3cret', `v0:${ts}:${challenge}`)}`],
    ];
    expect(text(await send(slack, { body: challenge, headers }))).toEqual([200, PLAIN, '<b>c</b>']);
    const line = await endpoint({ provider: 'line', secrets: ['s3cret-s3cret'] });
    const empty = '{"destination":"x","events":[]}';
    expect((await send(line, { body: empty })).status).toBe(401);
    const good: [string, string][] = [['x-line-signature', hex('s3cret-s3cret', empty, 'base64')]];
    expect((await send(line, { body: empty, headers: good })).status).toBe(200);
    expect([await eventsOf(slack), await eventsOf(line)]).toEqual([0, 0]);
  });

  test('a Discord event is not mistaken for a ping, although its type is 1 too', async () => {
    const scheme = findProvider('discord')?.schemes['ed25519'] as Scheme;
    const pair = scheme.createTestSecret();
    const to = await endpoint({ provider: 'discord', secrets: [pair.secret] });
    const signed = (body: string): Omit<RawRequest, 'path'> => {
      const input = { method: 'POST', rawHeaders: [], secret: pair.signingKey, publicUrl: null, timestamp: Date.now() };
      return { body, headers: scheme.sign({ ...input, id: '', body: Buffer.from(body) }).headers };
    };
    expect((await send(to, signed('{"type":0,"application_id":"1"}'))).status).toBe(204);
    expect(text(await send(to, signed('{"type":1}')))).toEqual([200, 'application/json', '{"type":1}']);
    expect(await eventsOf(to)).toBe(0);
    await send(to, signed('{"type":1,"event":{"type":"APPLICATION_AUTHORIZED","data":{}}}'));
    expect(await eventsOf(to)).toBe(1);
    expect((await send(to, { body: '{"type":1}' })).status).toBe(401);
  });

  test("Xero's intent to receive is answered with 200 or 401, both without a body", async () => {
    const to = await endpoint({ provider: 'xero', secrets: ['s3cret-s3cret'] });
    const body = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"X"}';
    const good = await send(to, { body, headers: [['x-xero-signature', hex('s3cret-s3cret', body, 'base64')]] });
    const bad = await send(to, { body, headers: [['x-xero-signature', hex('other-secret', body, 'base64')]] });
    expect([good.status, good.body.length, bad.status, bad.body.length]).toEqual([200, 0, 401, 0]);
    expect(bad.headers['paggio-rejection-id']).toBeDefined();
    expect(await eventsOf(to)).toBe(0);
  });
});

describe('secrets that a provider sends', () => {
  test("Notion's secret is kept once, shown to an admin, and never accepted again [SIG-10]", async () => {
    const to = await endpoint({ provider: 'notion' });
    expect((await send(to, { body: '{"id":"e1","type":"page.created"}' })).status).toBe(401);
    const token = 'secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl';
    const first = JSON.stringify({ verification_token: token });
    expect((await send(to, { body: first })).status).toBe(200);
    // Immediately, because the answer came after the commit and every cache has been informed.
    expect((await send(to, { body: JSON.stringify({ verification_token: 'secret_of_somebody_else' }) })).status).toBe(
      401,
    );
    expect((await send(to, { body: '{"verification_token":"x","id":"e1","type":"page.created"}' })).status).toBe(401);
    expect((await server.api().get(`/api/v1/endpoints/${to.id}/secret`)).data.verification_secret).toBe(token);
    const event = '{"id":"e1","type":"page.created"}';
    const headers: [string, string][] = [['X-Notion-Signature', `sha256=${hex(token, event)}`]];
    expect((await send(to, { body: event, headers })).status).toBe(200);
    expect(await eventsOf(to)).toBe(1);
    const shown = (await server.api().get(`/api/v1/endpoints/${to.id}`)).data.verification;
    expect(shown).toMatchObject({ secrets_count: 1, secrets_last_four: [token.slice(-4)] });
    const audit = (await server.api().get('/api/v1/audit', { params: { object_id: to.id } })).data.data;
    expect(audit.map((entry: any) => entry.action)).toContain('secret.received');
    expect(JSON.stringify(audit)).not.toContain(token);
  });

  test("Asana's secret is echoed in the header, and one of many at once is kept", async () => {
    const to = await endpoint({ provider: 'asana', secrets: [] });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        send(to, { body: '{}', headers: [['X-Hook-Secret', `hook-secret-number-${i}`]] }),
      ),
    );
    const kept = answers.filter(({ status }) => status === 200);
    expect(kept).toHaveLength(1);
    const secret = kept[0]?.headers['x-hook-secret'] as string;
    expect(secret).toMatch(/^hook-secret-number-\d$/);
    const heartbeat = '{"events":[]}';
    const signed = (body: string): [string, string][] => [['X-Hook-Signature', hex(secret, body)]];
    expect((await send(to, { body: heartbeat, headers: signed(heartbeat) })).status).toBe(200);
    expect(await eventsOf(to)).toBe(0);
    const body = '{"events":[{"action":"changed","resource":{"gid":"1","resource_type":"task"}}]}';
    expect((await send(to, { body, headers: signed(body) })).status).toBe(200);
    expect(await eventsOf(to)).toBe(1);
  });

  test('no other provider can be set up without a secret [SIG-08]', async () => {
    for (const secrets of [undefined, [], [''], ['  ']]) {
      const { status } = await server
        .api()
        .post('/api/v1/endpoints', { name: 'x', verification: { provider: 'stripe', secrets } });
      expect(status).toBe(422);
    }
  });
});

describe('published keys', () => {
  const topic = 'arn:aws:sns:eu-central-1:123456789012:paggio-test';
  const certificate = 'https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem';
  const scheme = findProvider('aws-sns')?.schemes['rsa'] as Scheme;
  const { signingKey } = scheme.createTestSecret();
  publicKeys.set(
    '/SimpleNotificationService-1.pem',
    createPublicKey(signingKey).export({ format: 'pem', type: 'spki' }) as string,
  );
  publicKeys.set('/?Action=ConfirmSubscription&Token=t', '<ok/>');

  const message = (fields: object): Omit<RawRequest, 'path'> => {
    const whole = {
      MessageId: `m-${Math.random()}`,
      TopicArn: topic,
      Message: 'hello',
      Timestamp: '',
      SignatureVersion: '1',
      Signature: '',
      SigningCertURL: certificate,
      ...fields,
    };
    const input = {
      method: 'POST',
      rawHeaders: [],
      secret: signingKey,
      publicUrl: null,
      timestamp: Date.now(),
      id: '',
    };
    const { body } = scheme.sign({ ...input, body: Buffer.from(JSON.stringify(whole)) });
    return {
      body,
      headers: [
        ['x-amz-sns-message-type', 'Notification'],
        ['Content-Type', 'text/plain; charset=UTF-8'],
      ],
    };
  };
  const subscribe = (url: string): Omit<RawRequest, 'path'> =>
    message({ Type: 'SubscriptionConfirmation', Token: 't', SubscribeURL: url });

  test('a signed SNS subscription to the topic is confirmed, and messages are events', async () => {
    const to = await endpoint({ provider: 'aws-sns', secrets: [topic] });
    const good = 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=t';
    expect((await send(to, subscribe(good))).status).toBe(200);
    expect(world.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /SimpleNotificationService-1.pem',
      'GET /?Action=ConfirmSubscription&Token=t',
    ]);
    expect(await eventsOf(to)).toBe(0);
    expect((await send(to, message({ Type: 'Notification', Subject: 'order.created' }))).status).toBe(200);
    expect(await eventsOf(to)).toBe(1);

    // A signed message of another topic is refused. A URL that is not Amazon's is not asked, and one that fails gives
    // 503.
    expect((await send(to, message({ Type: 'Notification', TopicArn: `${topic}-2` }))).status).toBe(401);
    const asked = world.requests.length;
    for (const url of [
      'https://evil.test/?x',
      'http://sns.eu-central-1.amazonaws.com/?x',
      'https://sns.eu-central-1.amazonaws.com.evil.test/',
    ])
      await send(to, subscribe(url));
    expect(world.requests).toHaveLength(asked);
    expect((await send(to, subscribe('https://sns.eu-central-1.amazonaws.com/?Action=Nothing'))).status).toBe(503);
  });

  test('an SNS certificate that cannot be fetched is 503 so that the sender retries, and one from elsewhere is 401', async () => {
    const to = await endpoint({ provider: 'aws-sns', secrets: [topic] });
    const of = (SigningCertURL: string): Promise<RawAnswer> =>
      send(to, message({ Type: 'Notification', SigningCertURL }));
    const usual = world.behaviour;
    world.behaviour = (_asked, response) => void response.writeHead(500).end();
    const answer = await of('https://sns.eu-central-1.amazonaws.com/other.pem');
    world.behaviour = usual;
    expect([answer.status, answer.headers['retry-after'] !== undefined]).toEqual([503, true]);
    expect((await of('https://sns.evil.test/other.pem')).status).toBe(401);
  });

  test("the key of Plaid is looked up by its id with the endpoint's credentials", async () => {
    const plaid = findProvider('plaid')?.schemes['es256'] as Scheme;
    const pair = plaid.createTestSecret();
    const jwk = createPublicKey(pair.signingKey).export({ format: 'jwk' });
    publicKeys.set('/webhook_verification_key/get', JSON.stringify({ key: { ...jwk, alg: 'ES256', kid: 'x' } }));
    const to = await endpoint({
      provider: 'plaid',
      secrets: ['api secret'],
      settings: { client_id: 'client', environment: 'sandbox' },
    });
    const body = '{"webhook_type":"TRANSACTIONS","webhook_code":"SYNC_UPDATES_AVAILABLE"}';
    const input = {
      method: 'POST',
      rawHeaders: [],
      secret: pair.signingKey,
      publicUrl: null,
      timestamp: Date.now(),
      id: '',
    };
    const { headers } = plaid.sign({ ...input, body: Buffer.from(body) });
    const answer = await send(to, { body, headers });
    expect(answer.status).toBe(200);
    const event = await settled(server.paggio, owner, answer.headers['paggio-event-id'] as string);
    expect(event).toMatchObject({ eventType: 'TRANSACTIONS.SYNC_UPDATES_AVAILABLE', bodyAuthenticated: true });
    expect(JSON.parse(world.requests.at(-1)?.body.toString() ?? '')).toMatchObject({
      client_id: 'client',
      secret: 'api secret',
    });
    expect((await send(to, { body: `${body} `, headers })).status).toBe(401);
  });
});

describe('explaining why a signature failed', () => {
  test('the endpoint with the matching secret is named, to its owner only', async () => {
    const heard: TelemetryEvent[] = [];
    const end = server.paggio.subscribe((event) => heard.push(event));
    const dev = await endpoint({ provider: 'github', secrets: ['the dev secret of github'] }, { name: 'github-dev' });
    const to = await endpoint({ provider: 'github', secrets: ['the live secret of github'] });
    const headers: [string, string][] = [['X-Hub-Signature-256', `sha256=${hex('the dev secret of github', '{}')}`]];
    const refused = await send(to, { body: '{}', headers });
    expect(refused.status).toBe(401);
    expect(refused.body.toString()).not.toContain('github-dev');
    const id = refused.headers['paggio-rejection-id'] as string;
    const { data } = await server.api().get(`/api/v1/rejections/${id}/verification`);
    expect(data).toMatchObject({
      status: 'failed',
      reason: 'wrong_signature',
      matches: [{ cause: 'other_secret', message: 'It matches the secret of endpoint "github-dev".' }],
    });
    expect(JSON.stringify(data)).not.toContain('secret of github');
    const reported = await until(server.paggio, async () =>
      heard.find((one) => one.type === 'event.rejected' && one.rejectionId === id),
    );
    end();
    expect(reported).toMatchObject({ explanation: 'It matches the secret of endpoint "github-dev".' });
    expect(await eventsOf(dev)).toBe(0);

    // A secret of the other mode is found, but its endpoint is not named.
    const testKey = (await server.api().post('/api/v1/keys', { name: 't', mode: 'test' })).data.key;
    const test = (
      await server.api(testKey).post('/api/v1/endpoints', {
        name: 'in test',
        verification: { provider: 'github', secrets: ['only in test mode'] },
      })
    ).data;
    expect(test.mode).toBe('test');
    const again = await send(to, {
      body: '{}',
      headers: [['X-Hub-Signature-256', `sha256=${hex('only in test mode', '{}')}`]],
    });
    const other = (await server.api().get(`/api/v1/rejections/${again.headers['paggio-rejection-id']}/verification`))
      .data;
    expect(other.matches).toMatchObject([{ message: 'It matches the secret of an endpoint in test mode.' }]);
  });

  test('an event from before verification was set up shows what verification would say now', async () => {
    const { data } = await server.api().post('/api/v1/endpoints', { name: 'later' });
    const to = { id: data.id, webhook_url: data.webhook_url, path: new URL(data.webhook_url).pathname };
    const pretty = '{\n  "a": 1\n}';
    const headers: [string, string][] = [['X-Hub-Signature-256', `sha256=${hex('s3cret-s3cret', pretty)}`]];
    const { headers: answered } = await send(to, { body: '{"a":1}', headers });
    const id = answered['paggio-event-id'] as string;
    const read = async (): Promise<any> => (await server.api().get(`/api/v1/events/${id}/verification`)).data;
    expect(await read()).toMatchObject({ status: 'unverified', matches: [], hints: [] });
    await server
      .api()
      .patch(`/api/v1/endpoints/${to.id}`, { verification: { provider: 'github', secrets: ['s3cret-s3cret'] } });
    expect((await read()).matches).toMatchObject([{ cause: 'body_changed' }]);
  });
});

describe('replays with a new signature', () => {
  const stripe = (secret: string, body: string, at = seconds()): [string, string][] => [
    ['Content-Type', 'application/json'],
    ['Stripe-Signature', `t=${at},v1=${hex(secret, `${at}.${body}`)}`],
    ['X-Odd', 'Kept As It Came'],
  ];
  const body = '{"id":"evt_1","type":"invoice.paid","amount":1.10}';

  test('pass the real verification of the environment, with everything else unchanged', async () => {
    const to = await endpoint(
      { provider: 'stripe', secrets: ['whsec_production'], replay_secrets: { local: 'whsec_of_the_cli_here' } },
      { destination_url: recorder.url('/hook') },
    );
    const at = seconds() - 200;
    const { headers } = await send(to, { body, headers: stripe('whsec_production', body, at) });
    const id = headers['paggio-event-id'] as string;
    await settled(server.paggio, owner, id);
    const replay = async (data: object): Promise<any> => {
      const answer = await server.api().post(`/api/v1/events/${id}/replay`, data);
      return { ...answer.data, http: answer.status, got: recorder.requests.at(-1) };
    };
    const holds = (got: any, secret: string): boolean => {
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(got.headers['stripe-signature']) as unknown as string[];
      return v1 === hex(secret, `${t}.${got.body.toString()}`) && Math.abs(seconds() - Number(t)) < 10;
    };
    const local = await replay({ environment: 'local', resign: true });
    expect([local.status, holds(local.got, 'whsec_of_the_cli_here')]).toEqual(['delivered', true]);
    expect(local.got.body.toString()).toBe(body);
    const names = local.got.rawHeaders.filter((_: string, i: number) => i % 2 === 0);
    expect(names.slice(0, 8).filter((name: string) => /^(Content-Type|Stripe-Signature|X-Odd)$/.test(name))).toEqual([
      'Content-Type',
      'Stripe-Signature',
      'X-Odd',
    ]);
    expect(local.got.headers['x-odd']).toBe('Kept As It Came');
    const original = await replay({ environment: 'original', resign: true });
    expect(holds(original.got, 'whsec_production')).toBe(true);
    const untouched = await replay({ environment: 'original' });
    expect(untouched.got.headers['stripe-signature']).toContain(`t=${at},`);

    // A new signature with the endpoint's own secret does not go to an arbitrary URL.
    const elsewhere = await Recorder.start();
    const refused = await replay({ destination_url: elsewhere.url('/x'), resign: true });
    expect([refused.http, refused.details[0].field]).toEqual([422, 'verification.replay_secrets.custom']);
    expect(elsewhere.requests).toHaveLength(0);
    await server.api().patch(`/api/v1/endpoints/${to.id}`, {
      verification: { provider: 'stripe', replay_secrets: { custom: 'whsec_custom_1' } },
    });
    await server.api().post(`/api/v1/events/${id}/replay`, { destination_url: elsewhere.url('/x'), resign: true });
    expect(holds(elsewhere.requests[0], 'whsec_custom_1')).toBe(true);
    await elsewhere.stop();
    const shown = (await server.api().get(`/api/v1/endpoints/${to.id}`)).data.verification;
    expect(shown).toMatchObject({ secrets_count: 1, replay_secrets_last_four: { local: 'here', custom: 'om_1' } });
    expect((await server.api().get(`/api/v1/events/${id}`)).data.headers['stripe-signature']).toContain(`t=${at},`);
  });

  test("send a token to the environment, unlike senders' credentials, and keep the message id of Standard Webhooks", async () => {
    const gitlab = await endpoint({
      provider: 'gitlab',
      secrets: ['production token'],
      replay_secrets: { local: 'local token' },
    });
    const event = (
      await send(gitlab, {
        body: '{}',
        headers: [
          ['X-Gitlab-Token', 'production token'],
          ['X-Gitlab-Event', 'Push Hook'],
        ],
      })
    ).headers['paggio-event-id'] as string;
    await server.api().post(`/api/v1/events/${event}/replay`, { environment: 'local', resign: true });
    expect(recorder.requests.at(-1)?.headers['x-gitlab-token']).toBe('local token');
    await server.api().post(`/api/v1/events/${event}/replay`, { environment: 'local' });
    expect(recorder.requests.at(-1)?.headers['x-gitlab-token']).toBeUndefined();

    const standard = await endpoint({
      provider: 'standard-webhooks',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    const scheme = findProvider('standard-webhooks')?.schemes['v1'] as Scheme;
    const signed = scheme.sign({
      method: 'POST',
      body: Buffer.from(body),
      rawHeaders: [],
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      publicUrl: null,
      timestamp: Date.now() - 100_000,
      id: 'msg_original',
    });
    const other = (await send(standard, { body, headers: signed.headers })).headers['paggio-event-id'] as string;
    await server.api().post(`/api/v1/events/${other}/replay`, { environment: 'local', resign: true });
    const got = recorder.requests.at(-1);
    expect(got?.headers).toMatchObject({ 'webhook-id': 'msg_original', 'paggio-webhook-id': other });
    expect(Number(got?.headers['webhook-timestamp'])).toBeGreaterThan(seconds() - 50);
  });

  test("are refused with the endpoint's own secret for a body that the provider never sent", async () => {
    const to = await endpoint(
      { provider: 'stripe', secrets: ['whsec_production'] },
      { destination_url: recorder.url('/hook') },
    );
    const payload = { type: 'invoice.paid', forged: true };
    const published = await server.api().post('/api/v1/events', { event_type: 'x', payload, endpoint_ids: [to.id] });
    const event = published.data.deliveries[0].event_id as string;
    await settled(server.paggio, owner, event);
    const before = recorder.requests.length;
    for (const environment of ['original', 'local']) {
      const answer = await server.api().post(`/api/v1/events/${event}/replay`, { environment, resign: true });
      const field = `verification.replay_secrets.${environment}`;
      expect([answer.status, answer.data.details[0].field]).toEqual([422, field]);
    }
    expect(recorder.requests).toHaveLength(before);
  });

  test('are refused without verification, a signing key or a target, and for an unknown environment', async () => {
    const fieldOf = async (path: string, data: object, method = 'post'): Promise<unknown> => {
      const answer = await server.api().request({ url: path, data, method });
      return [answer.status, answer.data.details?.[0]?.field];
    };
    const bare = (await server.api().post('/api/v1/endpoints', { name: 'bare' })).data;
    const sample = (await server.api().post(`/api/v1/endpoints/${bare.id}/test`, {})).data.id;
    expect(await fieldOf(`/api/v1/events/${sample}/replay`, { environment: 'local', resign: true })).toEqual([
      422,
      'resign',
    ]);
    expect(await fieldOf(`/api/v1/events/${sample}/replay`, { resign: true })).toEqual([422, 'resign']);
    const key = (findProvider('discord')?.schemes['ed25519'] as Scheme).createTestSecret();
    const discord = await endpoint({ provider: 'discord', secrets: [key.secret] });
    const event = (await server.api().post(`/api/v1/endpoints/${discord.id}/test`, {})).data.id;
    const replay = { environment: 'local', resign: true };
    expect(await fieldOf(`/api/v1/events/${event}/replay`, replay)).toEqual([422, 'verification.replay_secrets.local']);
    const verification = { provider: 'discord', replay_secrets: { local: key.signingKey } };
    await server.api().patch(`/api/v1/endpoints/${discord.id}`, { verification });
    expect((await server.api().post(`/api/v1/events/${event}/replay`, replay)).data.status).toBe('delivered');
    for (const replay_secrets of [{ moon: 'x' }, { local: '' }, { local: 5 }, [], 'x']) {
      const { status } = await server
        .api()
        .patch(`/api/v1/endpoints/${discord.id}`, { verification: { provider: 'discord', replay_secrets } });
      expect(status).toBe(422);
    }
  });
});

test("Stripe's library accepts a forwarded event, refuses it ten minutes later, and accepts it with a new signature [SIG-25]", async () => {
  const { webhooks } = new Stripe('sk_test_x');
  const secret = 'whsec_of_the_endpoint';
  const to = await endpoint({ provider: 'stripe', secrets: [secret] }, { destination_url: recorder.url('/stripe') });
  const body = '{"id":"evt_25","object":"event","type":"invoice.paid","data":{"object":{"amount":1.10}}}';
  const header = webhooks.generateTestHeaderString({ payload: body, secret });
  const { headers } = await send(to, { body, headers: [['Stripe-Signature', header]] });
  const id = headers['paggio-event-id'] as string;
  await settled(server.paggio, owner, id);
  const judge = (at: number): unknown => {
    const got = recorder.requests.at(-1);
    const signature = String(got?.headers['stripe-signature']);
    return webhooks.constructEvent(got?.body ?? '', signature, secret, 300, undefined, at * 1000);
  };
  expect(judge(seconds())).toMatchObject({ id: 'evt_25' });
  const later = seconds() + 600;
  await server.api().post(`/api/v1/events/${id}/replay`, { environment: 'original' });
  expect(() => judge(later)).toThrow('tolerance');
  await server.api().post(`/api/v1/events/${id}/replay`, { environment: 'original', resign: true });
  expect(judge(seconds())).toMatchObject({ id: 'evt_25' });
});

test('without a delivery id, only a repeated request whose signature covers a timestamp is a duplicate [SIG-16]', async () => {
  const twice = async (to: Endpoint, input: Omit<RawRequest, 'path'>): Promise<unknown> => {
    const answers = [await send(to, input), await send(to, input)];
    return [await eventsOf(to), answers[1]?.headers['paggio-duplicate']];
  };
  const body = '{"event":"invitee.created"}';
  const t = seconds();
  const calendly = await endpoint({ provider: 'calendly', secrets: ['s3cret-s3cret'] });
  const signed = `t=${t},v1=${hex('s3cret-s3cret', `${t}.${body}`)}`;
  expect(await twice(calendly, { body, headers: [['Calendly-Webhook-Signature', signed]] })).toEqual([1, 'true']);
  const cal = await endpoint({ provider: 'cal-com', secrets: ['s3cret-s3cret'] });
  const undated: [string, string][] = [['X-Cal-Signature-256', hex('s3cret-s3cret', body)]];
  expect(await twice(cal, { body, headers: undated })).toEqual([2, undefined]);
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'open' });
  const open = { id: data.id, webhook_url: data.webhook_url, path: new URL(data.webhook_url).pathname };
  expect(await twice(open, { body, headers: [['Calendly-Webhook-Signature', signed]] })).toEqual([2, undefined]);
});

test('two secrets are valid until the old one expires, to the second [SIG-18]', async () => {
  const at = new Date(Date.now() + 1500);
  const to = await endpoint({
    provider: 'github',
    secrets: ['the new secret', { value: 'the old secret', expires_at: at.toISOString() }],
  });
  const status = async (secret: string): Promise<number> =>
    (await send(to, { body: '{}', headers: [['X-Hub-Signature-256', `sha256=${hex(secret, '{}')}`]] })).status;
  expect([await status('the new secret'), await status('the old secret')]).toEqual([200, 200]);
  // Only time passes.
  await new Promise((done) => setTimeout(done, at.getTime() - Date.now() + 50));
  const refused = await send(to, {
    body: '{}',
    headers: [['X-Hub-Signature-256', `sha256=${hex('the old secret', '{}')}`]],
  });
  expect([await status('the new secret'), refused.status]).toEqual([200, 401]);
  const why = await server.api().get(`/api/v1/rejections/${refused.headers['paggio-rejection-id']}/verification`);
  expect(why.data.matches).toMatchObject([{ cause: 'expired_secret' }]);
});

describe('test events', () => {
  test("have the provider's form, are signed with the endpoint's secret and verified", async () => {
    const to = await endpoint(
      { provider: 'stripe', secrets: ['whsec_test'] },
      { destination_url: recorder.url('/test') },
    );
    const { data } = await server.api().post(`/api/v1/endpoints/${to.id}/test`, { event_type: 'invoice.paid' });
    const event = await settled(server.paggio, owner, data.id);
    expect(event).toMatchObject({
      source: 'stripe',
      eventType: 'invoice.paid',
      verifiedBy: 'stripe',
      status: 'delivered',
    });
    const got = recorder.requests.at(-1);
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(got?.headers['stripe-signature'])) as unknown as string[];
    expect(v1).toBe(hex('whsec_test', `${t}.${got?.body.toString()}`));
    const plain = await server.api().post(`/api/v1/endpoints/${to.id}/test`, { event_type: 'my.own' });
    expect(await settled(server.paggio, owner, plain.data.id)).toMatchObject({
      eventType: 'my.own',
      verifiedBy: 'stripe',
    });
    const usual = await server.api().post(`/api/v1/endpoints/${to.id}/test`, {});
    expect((await settled(server.paggio, owner, usual.data.id)).eventType).toBe('payment_intent.succeeded');
  });
});

test('the de-duplication window follows the option', async () => {
  const short = await startGatewayServer({ dedupWindow: 60_000 });
  const { data } = await short
    .api()
    .post('/api/v1/endpoints', { name: 'd', verification: { provider: 'github', secrets: ['s3cret-s3cret'] } });
  const headers: [string, string][] = [
    ['X-Hub-Signature-256', `sha256=${hex('s3cret-s3cret', '{}')}`],
    ['X-GitHub-Delivery', 'd-1'],
  ];
  await request(short.port, { path: new URL(data.webhook_url).pathname, method: 'POST', body: '{}', headers });
  const [row] = await query<{ left: number }>(
    short.gateway.database.url,
    `select extract(epoch from expires_at - now())::float8 as left from paggio.dedup_keys`,
  );
  expect(row?.left).toBeGreaterThan(50);
  expect(row?.left).toBeLessThanOrEqual(60);
  await short.stop();
});
