import { ConnectProxy, capture, owner, Recorder, settled } from '@paggio/core/testing';
import { findProvider, type Scheme } from '@paggio/providers';
import { request, startGatewayServer, type GatewayServer } from './testing';

/** The address of each name. Nothing is reachable except through the proxy. */
const addresses: Readonly<Record<string, string>> = {
  'dest.example': '93.184.216.31',
  'replay.example': '93.184.216.32',
  'slack.example': '93.184.216.33',
  'api.paypal.com': '93.184.216.34',
  'inner.example': '10.0.0.5',
};
const CREDENTIALS = 'gateway:pr0xy-pass';

let server: GatewayServer;
let proxy: ConnectProxy;
let recorder: Recorder;

beforeAll(async () => {
  recorder = await Recorder.start();
  const to = { host: '127.0.0.1', port: recorder.port };
  const routes = Object.fromEntries(['31', '32', '33'].map((last) => [`93.184.216.${last}:80`, to]));
  proxy = await ConnectProxy.start({
    credentials: CREDENTIALS,
    routes,
    refuse: (target) => (target in routes ? null : 502),
  });
  server = await startGatewayServer(
    { egressProxy: `http://${CREDENTIALS}@127.0.0.1:${proxy.port}`, allowedNetworks: [] },
    {},
    undefined,
    { resolve: async (name) => [{ address: addresses[name] as string, family: 4 }] },
  );
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await proxy.stop();
  await recorder.stop();
});

/** Receives a webhook whose verification needs a certificate of its provider. */
async function receiveFromPayPal(): Promise<void> {
  const paypal = findProvider('paypal')?.schemes['certificate'] as Scheme;
  const { secret, signingKey } = paypal.createTestSecret();
  const verification = { provider: 'paypal', secrets: [secret] };
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'keys', verification });
  const body = Buffer.from('{"id":"WH-1"}');
  const { headers } = paypal.sign({
    ...{ method: 'POST', rawHeaders: [], secret: signingKey, publicUrl: null, timestamp: Date.now(), id: 'WH-1', body },
  });
  const certificate = 'https://api.paypal.com/v1/notifications/certs/CERT-1';
  const named = headers.map(([name, value]): [string, string] => [
    name,
    name === 'paypal-cert-url' ? certificate : value,
  ]);
  const { status } = await request(server.port, { path: new URL(data.webhook_url).pathname, headers: named, body });
  expect(status).toBe(503);
}

test('deliveries, replays, notifications and look-ups of keys all go through the proxy', async () => {
  const api = server.api();
  const { data: endpoint } = await api.post('/api/v1/endpoints', {
    name: 'e',
    destination_url: 'http://dest.example/hook',
  });
  const id = await capture(server.paggio, endpoint.slug, '{"n":1}');
  expect((await settled(server.paggio, owner, id)).attempts).toEqual([
    expect.objectContaining({ responseStatus: 200 }),
  ]);
  const replay = await api.post(`/api/v1/events/${id}/replay`, { destination_url: 'http://replay.example/again' });
  expect([replay.status, replay.data.status]).toEqual([200, 'delivered']);
  await api.put('/api/v1/notifications', { slack: { url: 'http://slack.example/services', triggers: ['failed'] } });
  const sent = await api.post('/api/v1/notifications/test', { channel: 'slack' });
  expect(sent.data).toMatchObject({ response_status: 200, error: null });
  await receiveFromPayPal();
  expect([...new Set(proxy.asked)]).toEqual([
    '93.184.216.31:80',
    '93.184.216.32:80',
    '93.184.216.33:80',
    '93.184.216.34:443',
  ]);
  expect(recorder.requests.map(({ headers, url }) => `${headers.host}${url}`)).toEqual([
    'dest.example/hook',
    'replay.example/again',
    'slack.example/services',
  ]);
});

test("private destinations are refused as without a proxy, and the proxy's own address is not a destination", async () => {
  const before = proxy.asked.length;
  for (const url of ['http://127.0.0.1/', `http://127.0.0.1:${proxy.port}/`, 'http://10.0.0.5/', 'http://localhost/']) {
    const { status, data } = await server.api().post('/api/v1/endpoints', { name: 'x', destination_url: url });
    expect([url, status, data.code]).toEqual([url, 422, 'DESTINATION_NOT_ALLOWED']);
  }
  const { data } = await server.api().post('/api/v1/endpoints', {
    ...{ name: 'inner', destination_url: 'http://inner.example/', retry: { max_attempts: 1 } },
  });
  const event = await settled(server.paggio, owner, await capture(server.paggio, data.slug, '{}'));
  expect(event.attempts[0]?.error).toMatch(/^blocked_address: inner\.example/);
  expect(proxy.asked.length).toBe(before);
});

test("an attempt says that the proxy failed, and no answer contains the proxy's password", async () => {
  const { data } = await server.api().post('/api/v1/endpoints', {
    ...{ name: 'refused', destination_url: 'https://api.paypal.com/hook', retry: { max_attempts: 1 } },
  });
  const id = await capture(server.paggio, data.slug, '{}');
  await settled(server.paggio, owner, id);
  const { data: event } = await server.api().get(`/api/v1/events/${id}`);
  const { data: attempts } = await server.api().get(`/api/v1/events/${id}/attempts`);
  const text = JSON.stringify([event, attempts]);
  expect(text).toContain(
    `proxy_failed: the egress proxy 127.0.0.1:${proxy.port} answered 502 to CONNECT 93.184.216.34:443`,
  );
  expect(text).not.toMatch(/pr0xy-pass|gateway:/);
});
