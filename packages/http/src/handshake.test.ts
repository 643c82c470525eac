import { owner, withoutDelivery } from '@paggio/core/testing';
import { request, startGatewayServer, type GatewayServer, type RawAnswer, type RawRequest } from './testing';

// Senders that ask a question before they send events. The answered question must not become an event, and events must
// still be verified.

let server: GatewayServer;

beforeAll(async () => {
  server = await startGatewayServer(withoutDelivery);
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

interface Asked {
  ask: (input: Partial<RawRequest>) => Promise<RawAnswer>;
  stored: () => Promise<number>;
}

async function endpointWith(verification: object, more: object = {}): Promise<Asked> {
  const { endpoint } = await server.paggio.admin.endpoints.create(owner, { name: 'h', verification, ...more } as never);
  const path = `/api/webhook/${endpoint.slug}`;
  return {
    ask: (input) => request(server.port, { method: 'POST', ...input, path: path + (input.path ?? '') }),
    stored: async () =>
      (await server.api().get('/api/v1/events', { params: { endpoint_id: endpoint.id } })).data.meta.total as number,
  };
}

const validation = (code: string): object => ({
  id: '2d1781af-3a4c-4d7c-bd0c-e34b19da4e66',
  topic: '/subscriptions/x',
  subject: '',
  data: { validationCode: code, validationUrl: 'https://rp.example.com/validate' },
  eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
  eventTime: '2026-01-25T22:12:19Z',
  dataVersion: '1',
  metadataVersion: '1',
});
const created = (id: string): object => ({ ...validation(''), id, eventType: 'Microsoft.Storage.BlobCreated' });

describe('Azure Event Grid', () => {
  const azure = { provider: 'azure-event-grid', secrets: ['a token of ours'] };
  const token = '?token=a%20token%20of%20ours';

  test('the validation of a subscription is answered with the code and is not an event', async () => {
    const { ask, stored } = await endpointWith(azure);
    const answer = await ask({
      path: token,
      headers: [['aeg-event-type', 'SubscriptionValidation']],
      body: JSON.stringify([validation('512d38b6-c7b8-40c8-89fe-f46f9e9622b6')]),
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
    expect(JSON.parse(answer.body.toString())).toEqual({ validationResponse: '512d38b6-c7b8-40c8-89fe-f46f9e9622b6' });
    expect(await stored()).toBe(0);
  });

  test('the OPTIONS request of CloudEvents is answered with origin and rate, even if only POST is accepted', async () => {
    const { ask, stored } = await endpointWith(azure, { methods: ['POST'] });
    const answer = await ask({ method: 'OPTIONS', headers: [['WebHook-Request-Origin', 'eventgrid.azure.net']] });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
    expect(answer.headers).toMatchObject({
      'webhook-allowed-origin': 'eventgrid.azure.net',
      'webhook-allowed-rate': '*',
      allow: 'POST',
    });
    const rated = await ask({
      method: 'OPTIONS',
      headers: [
        ['WebHook-Request-Origin', 'eventgrid.azure.net'],
        ['WebHook-Request-Rate', '120'],
      ],
    });
    expect(rated.headers['webhook-allowed-rate']).toBe('120');
    expect((await ask({ method: 'OPTIONS' })).status).toBe(405);
    const script = await ask({ method: 'OPTIONS', headers: [['WebHook-Request-Origin', '<script>']] });
    expect([script.status, script.headers['webhook-allowed-origin']]).toEqual([405, undefined]);
    expect(await stored()).toBe(0);
  });

  test('an event needs the token, in the URL or in a header, and gets a type and an id', async () => {
    const { ask, stored } = await endpointWith(azure);
    const body = JSON.stringify([created('e1')]);
    expect((await ask({ body })).status).toBe(401);
    expect((await ask({ path: '?token=wrong', body })).status).toBe(401);
    // A validation among other events counts as an event, so it needs the token.
    expect((await ask({ body: JSON.stringify([validation('c'), created('e2')]) })).status).toBe(401);
    expect((await ask({ path: token, body })).status).toBe(200);
    expect((await ask({ path: token, body })).headers['paggio-duplicate']).toBe('true');
    const cloud = { specversion: '1.0', type: 'Microsoft.Storage.BlobCreated', source: '/x', id: 'c1', data: {} };
    for (const duplicate of [undefined, 'true']) {
      const answer = await ask({ path: token, body: JSON.stringify(cloud) });
      expect([answer.status, answer.headers['paggio-duplicate']]).toEqual([200, duplicate]);
    }
    expect(await stored()).toBe(2);
    const { data } = await server
      .api()
      .get('/api/v1/events', { params: { event_type: 'Microsoft.Storage.BlobCreated' } });
    expect(data.meta.total).toBe(2);
    const header = await endpointWith({ ...azure, scheme: 'header' });
    expect((await header.ask({ headers: [['Authorization', 'a token of ours']], body })).status).toBe(200);
  });
});

describe('a custom sender', () => {
  const custom = (settings: object): object => ({
    provider: 'custom',
    secrets: ['k'],
    settings: { kind: 'hmac', header: 'X-Sig', ...settings },
  });

  test.each<[string, object, Partial<RawRequest>, string, string]>([
    [
      'a parameter',
      { handshake_query: 'c' },
      { method: 'GET', path: '?c=%3Cb%3E' },
      '<b>',
      'text/plain; charset=utf-8',
    ],
    [
      'a header',
      { handshake_header: 'X-Challenge', handshake_method: 'OPTIONS', handshake_member: 'answer' },
      { method: 'OPTIONS', headers: [['X-Challenge', '"x"']] },
      '{"answer":"\\"x\\""}',
      'application/json',
    ],
    [
      'a member of the body',
      { handshake_body: 'data.0.code', handshake_if: 'type=ask', handshake_member: 'code' },
      { body: '{"type":"ask","data":[{"code":"c1"}]}' },
      '{"code":"c1"}',
      'application/json',
    ],
    ['a fixed text', { handshake_answer: 'ready' }, { method: 'GET' }, 'ready', 'text/plain; charset=utf-8'],
  ])('asks by %s', async (_what, settings, question, body, type) => {
    const { ask, stored } = await endpointWith(custom(settings), { methods: ['POST'] });
    const answer = await ask(question);
    expect([answer.status, answer.body.toString(), answer.headers['content-type']]).toEqual([200, body, type]);
    expect(answer.headers['content-security-policy']).toContain('sandbox');
    expect((await ask({ body: '{"type":"other","data":[{"code":"c1"}]}' })).status).toBe(401);
    expect((await ask({ method: 'PUT' })).status).toBe(405);
    expect(await stored()).toBe(0);
  });

  test('asks by HEAD and gets an empty answer', async () => {
    const { ask } = await endpointWith(custom({ handshake_method: 'HEAD', handshake_answer: '' }));
    expect((await ask({ method: 'HEAD' })).status).toBe(200);
    expect((await ask({ method: 'GET' })).status).toBe(401);
  });

  test('gets no value of more than 4,096 characters back', async () => {
    const { ask } = await endpointWith(custom({ handshake_body: 'c' }));
    const answer = async (length: number): Promise<number> =>
      (await ask({ body: JSON.stringify({ c: 'x'.repeat(length) }) })).status;
    expect([await answer(4096), await answer(4097)]).toEqual([200, 401]);
  });

  test('is refused when a question that has to be signed has no signature', async () => {
    const settings = { kind: 'token', header: 'X-Token', handshake_query: 'c', handshake_signed: true };
    const { ask } = await endpointWith({ provider: 'custom', secrets: ['k'], settings });
    expect((await ask({ method: 'GET', path: '?c=1' })).status).toBe(401);
    const answer = await ask({ method: 'GET', path: '?c=1', headers: [['X-Token', 'k']] });
    expect([answer.status, answer.body.toString()]).toEqual([200, '1']);
  });

  test.each<[string, object]>([
    ['handshake_answer', { handshake_method: 'GET' }],
    ['handshake_answer', { handshake_query: 'a', handshake_header: 'b' }],
    ['handshake_method', { handshake_method: 'POST', handshake_answer: 'ok' }],
    ['handshake_method', { handshake_method: 'PUT', handshake_query: 'a' }],
    ['handshake_member', { handshake_answer: 'ok', handshake_member: 'a' }],
    ['handshake_if', { handshake_body: 'a', handshake_if: 'type' }],
    ['handshake_body', { handshake_body: 'a..b' }],
    ['handshake_signed', { handshake_query: 'a', handshake_signed: 'yes' }],
    ['handshake_header', { handshake_header: 'a b' }],
  ])('is refused with the name of %s when that setting is wrong', async (field, settings) => {
    const { status, data } = await server
      .api()
      .post('/api/v1/endpoints', { name: 'h', verification: custom(settings) });
    expect([status, data.details.map((detail: { field: string }) => detail.field)]).toEqual([
      422,
      [`verification.settings.${field}`],
    ]);
  });
});
