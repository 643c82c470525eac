import { scopes } from '@paggio/core';
import { owner, query, withoutDelivery } from '@paggio/core/testing';
import { preconditionOf } from './precondition';
import { startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;

beforeAll(async () => (server = await startGatewayServer({ ...withoutDelivery, apiRateLimit: null })));
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const ENDPOINTS = '/api/v1/endpoints';
const NOTIFICATIONS = '/api/v1/notifications';
const slack = { url: 'http://127.0.0.1:4999/services/secret', triggers: ['failed'] };

async function create(): Promise<{ path: string; destination: string; tag: string }> {
  const { data, headers } = await server
    .api()
    .post(ENDPOINTS, { name: 'shared', destination_url: 'http://127.0.0.1:4999/' });
  const path = `${ENDPOINTS}/${data.id}`;
  return { path, destination: `${path}/destinations/${data.destinations[0].id}`, tag: headers['etag'] as string };
}

const tagOf = async (path: string): Promise<string> => (await server.api().get(path)).headers['etag'] as string;

test('of several users who edit an object at once one wins, and the others are refused without loss', async () => {
  const { path, destination } = await create();
  await server.api().put(NOTIFICATIONS, { slack });
  const cases: [string, string, (n: number) => object, (data: any) => unknown][] = [
    ['patch', path, (n) => ({ description: `editor ${n}` }), (data) => data.description],
    ['patch', destination, (n) => ({ name: `editor ${n}` }), (data) => data.name],
    ['put', NOTIFICATIONS, (n) => ({ slack, failing_after_minutes: n }), (data) => data.failing_after_minutes],
  ];
  for (const [method, url, bodyOf, read] of cases) {
    const tag = await tagOf(url);
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => server.api().request({ method, url, data: bodyOf(n), headers: { 'if-match': tag } })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    const winner = answers.find(({ status }) => status === 200);
    const refused = answers.find(({ status }) => status === 412);
    expect(refused?.data).toMatchObject({ code: 'PRECONDITION_FAILED', hint: expect.stringContaining('ETag') });
    const now = await server.api().get(url);
    expect([read(now.data), now.headers['etag']]).toEqual([read(winner?.data), winner?.headers['etag']]);
    expect(now.headers['etag']).not.toBe(tag);
    // With the new tag another change succeeds.
    const again = await server
      .api()
      .request({ method, url, data: bodyOf(9), headers: { 'if-match': now.headers['etag'] as string } });
    expect([again.status, read(again.data)]).toEqual([200, read(bodyOf(9))]);
  }
});

test('the first settings of notifications are created once, although there is no row to lock', async () => {
  const other = { userId: 'nobody-yet', mode: 'live' as const, scopes: new Set(scopes), keyId: null };
  const { revision } = await server.paggio.admin.notifications.get(other);
  const input = { slack: { url: slack.url, triggers: ['failed' as const] } };
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map(() => server.paggio.admin.notifications.put(other, input, { ifMatch: [revision] })),
  );
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
});

test('an old tag deletes nothing, and the current tag does', async () => {
  const { path, destination, tag } = await create();
  const old = await tagOf(destination);
  await server.api().patch(destination, { name: 'changed' });
  for (const [url, wrong] of [
    [destination, old],
    // The tag of an endpoint includes its destinations.
    [path, tag],
  ] as const) {
    expect((await server.api().delete(url, { headers: { 'if-match': wrong } })).status).toBe(412);
    const present = await server.api().get(url);
    expect(present.status).toBe(200);
  }
  expect((await server.api().delete(destination, { headers: { 'if-match': await tagOf(destination) } })).status).toBe(
    204,
  );
  expect((await server.api().delete(path, { headers: { 'if-match': await tagOf(path) } })).status).toBe(204);
  expect((await server.api().delete(path, { headers: { 'if-match': '*' } })).status).toBe(404);
});

test('health, circuit and expired secrets do not change a tag; a pause and a new secret do', async () => {
  const { path, destination, tag } = await create();
  const before = [tag, await tagOf(destination)];
  await query(
    server.gateway.database.url,
    `update paggio.destinations set failures = 9, failing_since = now() - interval '1 hour', strain = 3, openings = 2,
       open_until = now() + interval '1 hour', updated_at = now() where id = '${destination.split('/').at(-1)}'`,
  );
  expect([await tagOf(path), await tagOf(destination)]).toEqual(before);
  expect((await server.api().get(path)).data.health.failing_since).toBeDefined();

  await server.api().patch(destination, { status: 'PAUSED' });
  const paused = [await tagOf(path), await tagOf(destination)];
  expect(paused[0]).not.toBe(before[0]);
  expect(paused[1]).not.toBe(before[1]);
  await server.api().post(`${path}/rotate-secret`, {});
  expect([(await tagOf(path)) === paused[0], await tagOf(destination)]).toEqual([false, paused[1]]);
  // A destination inherits the timeout of its endpoint.
  await server.api().patch(path, { timeout_seconds: 33 });
  expect(await tagOf(destination)).not.toBe(paused[1]);
});

test('another process has the same tag for the same state', async () => {
  const { path, destination, tag } = await create();
  const other = await startGatewayServer(withoutDelivery, {}, server.gateway.database);
  try {
    const api = other.api(server.key);
    expect((await api.get(path)).headers['etag']).toBe(tag);
    expect((await api.get(destination)).headers['etag']).toBe(await tagOf(destination));
    expect((await api.get(NOTIFICATIONS)).headers['etag']).toBe(await tagOf(NOTIFICATIONS));
  } finally {
    await other.stop();
  }
});

test('If-None-Match answers 304 without a body for every single object', async () => {
  const { path, destination } = await create();
  const replay = (await server.api().post('/api/v1/replays', { filter: { status: 'failed' } })).data.id as string;
  for (const url of [path, destination, NOTIFICATIONS, `/api/v1/replays/${replay}`]) {
    const tag = await tagOf(url);
    expect([url, tag]).toEqual([url, expect.stringMatching(/^"[\w-]{22}"$/)]);
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, `"a,b" ,, W/${tag}`, '*']) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await server.api().request({ method, url, headers: { 'if-none-match': header } });
        expect([url, header, answer.status, answer.data]).toEqual([url, header, 304, '']);
        expect([answer.headers['etag'], answer.headers['content-length']]).toEqual([tag, undefined]);
      }
    }
    const changed = await server.api().get(url, { headers: { 'if-none-match': '"other"' } });
    expect([changed.status, changed.headers['etag']]).toEqual([200, tag]);
    expect((await server.api().get(url, { headers: { 'if-match': '"other"' } })).status).toBe(412);
  }
});

test('tags are compared by RFC 9110, and malformed ones are refused before anything happens', async () => {
  const { path } = await create();
  const patch = async (headers: Record<string, string>): Promise<number> =>
    (await server.api().patch(path, { description: 'x' }, { headers })).status;
  expect(await patch({ 'if-match': `"other", ${await tagOf(path)}` })).toBe(200);
  expect(await patch({ 'if-match': '*' })).toBe(200);
  // If-Match compares strongly.
  expect(await patch({ 'if-match': `W/${await tagOf(path)}` })).toBe(412);
  expect(await patch({ 'if-match': '"nope"' })).toBe(412);
  expect(await patch({ 'if-none-match': '*' })).toBe(412);
  expect(await patch({ 'if-none-match': await tagOf(path) })).toBe(412);
  expect(await patch({ 'if-none-match': '"nope"' })).toBe(200);
  const { updated_at: at } = (await server.api().get(path)).data;
  for (const wrong of ['nope', '', '"open', `"a" "b"`, '"a", *', 'w/"a"', 'W/ "a"', "'a'", '"a"b', ','])
    expect([wrong, await patch({ 'if-match': wrong })]).toEqual([wrong, 400]);
  expect((await server.api().get(path, { headers: { 'if-none-match': 'nope' } })).status).toBe(400);
  expect((await server.api().get(path)).data.updated_at).toBe(at);
  expect(preconditionOf(['If-Match', '"a"', 'x', '*', 'if-match', 'W/"b", "c"'])).toEqual({ ifMatch: ['a', 'c'] });
});

test('If-Match is not ignored for objects without tags', async () => {
  const all = { ...owner, scopes: new Set(scopes), keyId: null };
  const { apiKey } = await server.paggio.admin.keys.create(all, { name: 'kept' });
  const remove = (headers: object): Promise<{ status: number }> =>
    server.api().delete(`/api/v1/keys/${apiKey.id}`, { headers });
  expect((await remove({ 'if-match': '"nope"' })).status).toBe(412);
  expect((await remove({ 'if-match': '*' })).status).toBe(204);
});
