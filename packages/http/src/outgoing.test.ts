import { createHmac } from 'node:crypto';
import type { Paggio, WebhookEvent } from '@paggio/core';
import { owner, Recorder, settled } from '@paggio/core/testing';
import { request, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
const handled: WebhookEvent[] = [];

beforeAll(async () => {
  const prepare = (paggio: Paggio): void =>
    void paggio.on('*', '*', (event) => handled.push(event), { name: 'all', unverified: true, endpoint: 'handled' });
  server = await startGatewayServer({}, {}, undefined, {}, prepare);
  recorder = await Recorder.start();
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await recorder.stop();
  await server.stop();
});

async function create(settings: object = {}): Promise<{ id: string; slug: string; secret: string }> {
  const input = { name: 'out', destination_url: recorder.url(), ...settings };
  const { status, data } = await server.api().post('/api/v1/endpoints', input);
  expect([status, data.code]).toEqual([201, undefined]);
  return data;
}

/** Sends a request, waits until its event is settled, and returns what its destination received. */
async function deliver(
  slug: string,
  headers: [string, string][],
  body = '{}',
  method = 'POST',
): Promise<{ event: Awaited<ReturnType<typeof settled>>; received: Recorder['requests'][number] | undefined }> {
  const answer = await request(server.port, { path: `/api/webhook/${slug}`, method, headers, body });
  expect(answer.status).toBe(200);
  const event = await settled(server.paggio, owner, answer.headers['paggio-event-id'] as string);
  return { event, received: recorder.requests.find((one) => one.headers['paggio-event-id'] === event.id) };
}

const asProxy: [string, string][] = [
  ['X-Forwarded-For', '127.0.0.1'],
  ['X-Real-IP', '127.0.0.1'],
  ['Forwarded', 'for=127.0.0.1'],
  ['X-Forwarded-User', 'admin'],
  ['X-Remote-User', 'root'],
  ['X_Remote_User', 'root'],
  ['X-Original-URL', '/admin'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-Client-Cert', 'Hash=00;Subject="CN=admin"'],
  ['Paggio-Verified', 'stripe'],
  ['Paggio_Verified', 'stripe'],
];

test('an anonymous sender cannot pretend to be the proxy in front of a destination', async () => {
  const { slug, id } = await create();
  const { event, received } = await deliver(slug, [['X-Kept', 'a'], ...asProxy, ['x_kept_too', 'b']]);
  const names = (received?.rawHeaders ?? []).filter((_text, index) => index % 2 === 0);
  expect(asProxy.map(([name]) => name).filter((name) => name !== 'Paggio-Verified' && names.includes(name))).toEqual(
    [],
  );
  expect(received?.headers).toMatchObject({ 'x-kept': 'a', x_kept_too: 'b', 'paggio-verified': 'none' });

  // The event is stored and shown with its headers unchanged.
  const { data } = await server.api().get(`/api/v1/events/${event.id}`);
  for (const [name, value] of asProxy) expect([name, data.headers[name.toLowerCase()]]).toEqual([name, value]);

  const changed = await server.api().patch(`/api/v1/endpoints/${id}`, { forward_identity_headers: true });
  expect([changed.status, changed.data.forward_identity_headers]).toEqual([200, true]);
  const { received: later } = await deliver(slug, asProxy);
  expect(later?.headers).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    x_remote_user: 'root',
    'paggio-verified': 'none',
  });
  // Like attempts, replays use the setting at that moment.
  await server.api().patch(`/api/v1/endpoints/${id}`, { forward_identity_headers: false });
  await server.api().post(`/api/v1/events/${event.id}/replay`, { environment: 'original', include_credentials: true });
  expect(recorder.requests.at(-1)?.headers).not.toHaveProperty('x-forwarded-for');
});

test('the header that a custom scheme reads reaches the destination under any name, and no similar header does', async () => {
  const settings = { kind: 'token', header: 'X-Remote-User' };
  const { slug } = await create({ verification: { provider: 'custom', secrets: ['a long secret'], settings } });
  const { received } = await deliver(slug, [
    ['X-Remote-User', 'a long secret'],
    ['X-Remote-Group', 'admins'],
  ]);
  expect(received?.headers).toMatchObject({ 'x-remote-user': 'a long secret', 'paggio-verified': 'custom' });
  expect(received?.headers).not.toHaveProperty('x-remote-group');
});

test('a handler gets the headers unchanged, and who verified the event', async () => {
  await server.api().post('/api/v1/endpoints', { name: 'handled' });
  const { data } = await server.api().get('/api/v1/endpoints');
  const { slug } = data.data.find(({ name }: { name: string }) => name === 'handled');
  await deliver(slug, asProxy);
  expect(handled[0]?.verifiedBy).toBeNull();
  for (const [name, value] of asProxy) expect([name, handled[0]?.header(name)]).toEqual([name, value]);
});

test('a delivery says who verified its event, on every way in and out', async () => {
  const said = (): unknown[] => recorder.requests.slice(before).map(({ headers }) => headers['paggio-verified']);
  let before = recorder.requests.length;
  const gitHub = await create({ verification: { provider: 'github', secrets: ['octocat'] } });
  const signature = `sha256=${createHmac('sha256', 'octocat').update('{}').digest('hex')}`;
  const { event } = await deliver(gitHub.slug, [
    ['X-Hub-Signature-256', signature],
    ['X-GitHub-Event', 'push'],
  ]);
  await server.api().post(`/api/v1/events/${event.id}/replay`, { environment: 'original' });
  const again = await server.api().post(`/api/v1/events/${event.id}/replay`);
  await settled(server.paggio, owner, again.data.id);
  const sample = await server.api().post(`/api/v1/endpoints/${gitHub.id}/test`, {});
  await settled(server.paggio, owner, sample.data.id);
  expect(said()).toEqual(['github', 'github', 'github', 'github']);

  before = recorder.requests.length;
  const own = await create();
  const timestamp = String(Math.floor(Date.now() / 1000));
  const ingested = await server.api().post(`/e/${own.id}`, '{}', {
    headers: {
      'content-type': 'application/json',
      'x-pj-timestamp': timestamp,
      'x-pj-signature': createHmac('sha256', own.secret).update(`${timestamp}.{}`).digest('hex'),
    },
  });
  await settled(server.paggio, owner, ingested.data.id);
  const published = await server.api().post('/api/v1/events', { event_type: 'a', payload: 1, endpoint_ids: [own.id] });
  await settled(server.paggio, owner, published.data.deliveries[0].event_id);
  await deliver(own.slug, []);
  expect(said()).toEqual(['api', 'api', 'none']);
});

describe('loops', () => {
  const anyName = { resolve: async () => [{ address: '127.0.0.1', family: 4 as const }] };

  /** The events of all endpoints of a gateway, once nothing is pending any more. */
  async function allSettled(one: GatewayServer): Promise<string[]> {
    for (;;) {
      const page = await one.paggio.admin.events.list(owner, {}, { limit: 100, offset: 0, startingAfter: null });
      const open = page.items.filter(({ status }) => status === 'pending');
      if (open.length === 0) return page.items.map(({ status, statusReason }) => statusReason ?? status).reverse();
      for (const { id } of open) await settled(one.paggio, owner, id);
    }
  }

  test('a destination that is the gateway under another name gets an event three times', async () => {
    const one = await startGatewayServer({}, {}, undefined, anyName);
    const { endpoint } = await one.paggio.admin.endpoints.create(owner, { name: 'circle' });
    const destinationUrl = `http://another-name.example:${one.port}/api/webhook/${endpoint.slug}`;
    await one.paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl });
    await request(one.port, { path: `/api/webhook/${endpoint.slug}`, body: '{"n":1.10}' });
    expect(await allSettled(one)).toEqual(['delivered', 'delivered', 'delivered', 'refused']);
    await one.stop();
  });

  test('a loop of two gateways with different master keys ends too', async () => {
    const first = await startGatewayServer({}, {}, undefined, anyName);
    const second = await startGatewayServer({ masterKey: Buffer.alloc(32, 9) }, {}, undefined, anyName);
    const to = (other: GatewayServer, slug: string): object => ({
      destinationUrl: `http://other.example:${other.port}/api/webhook/${slug}`,
    });
    const { endpoint: a } = await first.paggio.admin.endpoints.create(owner, { name: 'a' });
    const { endpoint: b } = await second.paggio.admin.endpoints.create(owner, { name: 'b' });
    await first.paggio.admin.endpoints.update(owner, a.id, to(second, b.slug));
    await second.paggio.admin.endpoints.update(owner, b.id, to(first, a.slug));
    await request(first.port, { path: `/api/webhook/${a.slug}`, body: '{}' });
    const ends: string[][] = [];
    // Each passes its last event to the other, so the second round finds what arrived after the first.
    for (let n = 0; n < 4; n++) ends.splice(0, 2, await allSettled(first), await allSettled(second));
    expect(ends).toEqual([
      ['delivered', 'delivered', 'delivered', 'refused'],
      ['delivered', 'delivered', 'delivered'],
    ]);
    await first.stop();
    await second.stop();
  });
});
