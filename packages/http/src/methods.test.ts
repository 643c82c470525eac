import { catalogue } from '@paggio/providers';
import { allSettled, Recorder } from '@paggio/core/testing';
import { build, request, sendRaw, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;

beforeAll(async () => {
  server = await startGatewayServer();
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const create = async (settings: object): Promise<any> => {
  const { status, data } = await server.api().post('/api/v1/endpoints', { name: 'm', ...settings });
  expect([status, data.code]).toEqual([201, undefined]);
  return data;
};
const stored = async (id: string): Promise<number> =>
  (await server.api().get('/api/v1/events', { params: { endpoint_id: id } })).data.meta.total;

test('by default every method is accepted and used for the delivery', async () => {
  const recorder = await Recorder.start();
  const endpoint = await create({ destination_url: recorder.url() });
  expect(endpoint.methods).toBeNull();
  const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'PROPFIND', 'REPORT'];
  for (const method of methods) {
    const headers: [string, string][] = [['Connection', 'close']];
    const answer = await request(server.port, { method, path: `/api/webhook/${endpoint.slug}`, headers, body: '' });
    expect([method, answer.status]).toEqual([method, 200]);
  }
  expect(await stored(endpoint.id)).toBe(methods.length);
  const { data } = await server.api().get('/api/v1/events', { params: { endpoint_id: endpoint.id } });
  const ids = data.data.map((event: { id: string }) => event.id);
  expect(ids).toHaveLength(methods.length);
  await allSettled(server.gateway, ids);
  const { data: after } = await server.api().get('/api/v1/events', { params: { endpoint_id: endpoint.id } });
  expect(after.data.map((event: { status: string }) => event.status)).toEqual(ids.map(() => 'delivered'));
  expect(recorder.requests.map(({ method }) => method).sort()).toEqual([...methods].sort());
  await recorder.stop();
});

test('a method that is not accepted is refused before the body is read, and the answer names the accepted ones', async () => {
  const { slug, id } = await create({ methods: ['POST'] });
  const path = `/api/webhook/${slug}`;
  // The body never arrives.
  const bytes = build({ method: 'PUT', path, contentLength: 1_000_000 });
  const answer = await sendRaw(server.port, bytes);
  expect([answer.status, answer.headers['allow']]).toEqual([405, 'POST']);
  expect(answer.headers['content-security-policy']).toContain('sandbox');
  expect(JSON.parse(answer.body.toString())).toMatchObject({
    status: 'error',
    code: 'METHOD_NOT_ALLOWED',
    hint: expect.stringContaining('Send POST'),
  });
  // Methods are case-sensitive in HTTP, so this one is not a method at all.
  expect((await request(server.port, { method: 'post', path })).status).toBe(400);
  expect(await stored(id)).toBe(0);
});

test('a change takes effect on the very next request, and null accepts every method again', async () => {
  const { slug, id } = await create({});
  const put = async (): Promise<number> =>
    (await request(server.port, { method: 'PUT', path: `/api/webhook/${slug}`, body: '{}' })).status;
  expect(await put()).toBe(200);
  const changed = await server.api().patch(`/api/v1/endpoints/${id}`, { methods: ['POST', 'M-SEARCH'] });
  expect([changed.status, changed.data.methods]).toEqual([200, ['POST', 'M-SEARCH']]);
  expect(await put()).toBe(405);
  // Earlier events stay, and a change of another setting leaves the methods alone.
  expect((await server.api().patch(`/api/v1/endpoints/${id}`, { name: 'n' })).data.methods).toEqual([
    'POST',
    'M-SEARCH',
  ]);
  expect((await server.api().patch(`/api/v1/endpoints/${id}`, { methods: null })).data.methods).toBeNull();
  expect(await put()).toBe(200);
  expect(await stored(id)).toBe(2);
  const audit = await server.api().get('/api/v1/audit', { params: { object_id: id, action: 'endpoint.updated' } });
  expect(audit.data.data.map(({ after }: any) => after)).toEqual([
    { methods: null },
    { name: 'n' },
    { methods: ['POST', 'M-SEARCH'] },
  ]);
});

test.each([
  [[], 'at least one'],
  [['post'], '"post"'],
  [['POST', 'GE T'], '"GE T"'],
  [['CONNECT'], 'CONNECT'],
  [['POST', 'POST'], 'twice'],
  [['POST\r\nX: y'], 'upper case'],
  [[''], 'upper case'],
  [Array.from({ length: 21 }, (_, n) => `M${String.fromCharCode(65 + n)}`), '20'],
  ['POST', 'methods'],
  [{ 0: 'POST' }, 'methods'],
  [[1], 'methods', 'methods[0]'],
  [[null], 'methods', 'methods[0]'],
])('methods %j are refused by name, and nothing changes', async (methods, words, field = 'methods') => {
  const { id } = await create({ methods: ['POST'] });
  for (const answer of [
    await server.api().post('/api/v1/endpoints', { name: 'm', methods }),
    await server.api().patch(`/api/v1/endpoints/${id}`, { methods, name: 'changed' }),
  ]) {
    expect([answer.status, answer.data.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect(answer.data.details).toEqual([{ field, message: expect.stringContaining(words) }]);
  }
  expect((await server.api().get(`/api/v1/endpoints/${id}`)).data).toMatchObject({ name: 'm', methods: ['POST'] });
});

test('forward_identity_headers is true or false', async () => {
  for (const forward_identity_headers of ['yes', 1, null, []]) {
    const answer = await server.api().post('/api/v1/endpoints', { name: 'm', forward_identity_headers });
    expect([answer.status, answer.data.details?.[0]?.field]).toEqual([422, 'forward_identity_headers']);
  }
  expect((await create({})).forward_identity_headers).toBe(false);
});

test('a request with the method of a handshake is answered as a handshake or with 405, and never stored', async () => {
  let asked = 0;
  for (const { name, schemes, defaultScheme, handshakeMethods } of catalogue) {
    const other = handshakeMethods.find((method) => method !== 'POST');
    if (other === undefined) continue;
    const secret = schemes[defaultScheme]?.createTestSecret().secret;
    const verification = { provider: name, secrets: [secret], public_url: 'https://hooks.example.test/in' };
    const { slug, id } = await create({ verification, methods: ['PATCH'] });
    const statusOf = async (method: string): Promise<number> => {
      const headers: [string, string][] = [['Connection', 'close']];
      return (await request(server.port, { method, path: `/api/webhook/${slug}`, headers, body: '' })).status;
    };
    // Some providers ask by an empty HEAD request, so every HEAD is the question.
    expect([name, [200, 405].includes(await statusOf(other)), await statusOf('PUT')]).toEqual([name, true, 405]);
    const { data } = await server.api().get('/api/v1/rejections', { params: { endpoint_id: id } });
    expect([name, await stored(id), data.meta.total]).toEqual([name, 0, 0]);
    asked++;
  }
  expect(asked).toBeGreaterThanOrEqual(3);
});

test('a test event is made whatever the methods are, because it does not arrive by HTTP', async () => {
  const { id } = await create({ methods: ['PUT'] });
  expect((await server.api().post(`/api/v1/endpoints/${id}/test`, {})).status).toBe(202);
});
