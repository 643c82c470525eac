import { createServer, type AddressInfo, type Server } from 'node:net';
import type { Paggio } from '@paggio/core';
import { capture, owner, query, Recorder, settled } from '@paggio/core/testing';
import { dtoSchema } from './openapi/dto-schema';
import type { JsonSchema } from './openapi/schema';
import { operations } from './resources/operations';
import { startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let recorder: Recorder;
/** Counts the connections to a port that nothing may connect to. */
let trap: Server;
let reached = 0;
let id: string;
let url: string;
let handler: string;
let eventId: string;

beforeAll(async () => {
  const prepare = (paggio: Paggio): void =>
    void paggio.on('*', '*', () => undefined, { name: 'own', unverified: true, endpoint: 'egress' });
  // Every address except the recorder's is refused, including loopback.
  server = await startGatewayServer(
    { allowedNetworks: ['127.0.0.5/32'], stagingHost: '127.0.0.1:1', localUrl: 'http://127.0.0.1:1' },
    { dialects: ['deliverant'] },
    undefined,
    {},
    prepare,
  );
  recorder = await Recorder.start(undefined, '127.0.0.5');
  trap = createServer((socket) => {
    reached++;
    socket.destroy();
  });
  await new Promise<void>((done) => trap.listen(0, '127.0.0.1', done));
  const destination_url = `http://127.0.0.5:${recorder.port}/hook`;
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'egress', destination_url });
  id = data.id;
  eventId = await capture(server.paggio, data.slug, '{}');
  await settled(server.paggio, owner, eventId);
  const shown = (await server.api().get(`/api/v1/endpoints/${id}`)).data;
  url = shown.destinations.find((one: any) => one.url === destination_url).id;
  handler = shown.destinations.find((one: any) => one.url === 'handler:own').id;
});

afterAll(async () => {
  expect([reached, server.faults]).toEqual([0, []]);
  trap.close();
  await recorder.stop();
  await server.stop();
});

const port = (): number => (trap.address() as AddressInfo).port;
const hostile = (): string[] => [
  `http://127.0.0.1:${port()}/`,
  `http://[::ffff:127.0.0.1]:${port()}/`,
  `http://[200::1]:${port()}/`,
  `http://localhost:${port()}/`,
  'http://169.254.169.254/latest/meta-data/',
  'http://metadata.google.internal/',
  'http://8.8.8.8:22/',
  'http://8.8.8.8:10250/',
  `handler:http://127.0.0.1:${port()}/`,
  'handler:own',
  'handler:',
  'HANDLER:own',
  'file:///etc/passwd',
  'gopher://127.0.0.1:25/x',
  'javascript:alert(1)',
  'http://user:secret@8.8.8.8/',
  'http://8.8.8.8:0/',
  ' http://8.8.8.8/',
  'http://exa\tmple.com/',
  '//8.8.8.8/',
  `http://127.0.0.1:${server.port}/api/webhook/x`,
];

type Call = (api: ReturnType<GatewayServer['api']>, hostileUrl: string) => Promise<{ status: number; data: any }>;

/** Every place of the API that takes a URL to connect to, now or later. */
const ways: [string, Call][] = [
  ['create', (api, it) => api.post('/api/v1/endpoints', { name: 'x', destination_url: it })],
  ['create by the other name', (api, it) => api.post('/api/v1/endpoints', { name: 'x', url: it })],
  ['create with a list', (api, it) => api.post('/api/v1/endpoints', { name: 'x', destinations: [{ url: it }] })],
  ['change', (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destination_url: it })],
  ['change of the list: new', (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destinations: [{ url: it }] })],
  [
    'change of the list: own',
    (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destinations: [{ id: url, url: it }] }),
  ],
  [
    'change of the list: own beside the function of the app',
    (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destinations: [{ id: handler }, { id: url, url: it }] }),
  ],
  [
    'change of the list: the function of the app',
    (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destinations: [{ id: url }, { id: handler, url: it }] }),
  ],
  [
    'change of the list: an id of nobody',
    (api, it) => api.patch(`/api/v1/endpoints/${id}`, { destinations: [{ id: eventId, url: it }] }),
  ],
  ['add', (api, it) => api.post(`/api/v1/endpoints/${id}/destinations`, { url: it })],
  ['change of one', (api, it) => api.patch(`/api/v1/endpoints/${id}/destinations/${url}`, { url: it })],
  ['change of the function', (api, it) => api.patch(`/api/v1/endpoints/${id}/destinations/${handler}`, { url: it })],
  ['replay', (api, it) => api.post(`/api/v1/events/${eventId}/replay`, { destination_url: it })],
  [
    'replay, custom',
    (api, it) => api.post(`/api/v1/events/${eventId}/replay`, { environment: 'custom', custom_url: it }),
  ],
  [
    'replay, custom by the other name',
    (api, it) => api.post(`/api/v1/events/${eventId}/replay`, { environment: 'custom', customUrl: it }),
  ],
  [
    'notifications, Discord',
    (api, it) => api.put('/api/v1/notifications', { discord: { url: it, triggers: ['failed'] } }),
  ],
  ['notifications, Teams', (api, it) => api.put('/api/v1/notifications', { teams: { url: it, triggers: ['failed'] } })],
  ['change by the other name', (api, it) => api.patch(`/api/v1/endpoints/${id}`, { url: it })],
  ['notifications, Slack', (api, it) => api.put('/api/v1/notifications', { slack: { url: it, triggers: ['failed'] } })],
  ['the dialect: create', (api, it) => api.post('/compat/deliverant/v1/endpoints', { name: 'x', url: it })],
  ['the dialect: change', (api, it) => api.patch(`/compat/deliverant/v1/endpoints/ep_${id}`, { url: it })],
];

test('the list above has all places of the API that take a URL', () => {
  const places = operations.flatMap(({ id: operation, body }) =>
    body ? urlsIn(dtoSchema(body)).map((place) => `${operation} ${place}`) : [],
  );
  expect(places.sort()).toEqual(
    [
      'destinations.create url',
      'destinations.update url',
      'endpoints.create destination_url',
      'endpoints.create destinations[].url',
      'endpoints.create url',
      // A URL that the provider was given. Nobody connects to it.
      'endpoints.create verification.public_url',
      'endpoints.update destination_url',
      'endpoints.update destinations[].url',
      'endpoints.update url',
      'endpoints.update verification.public_url',
      'events.replay customUrl',
      'events.replay custom_url',
      'events.replay destination_url',
      'notifications.put discord.url',
      'notifications.put slack.url',
      'notifications.put teams.url',
    ].sort(),
  );
});

function urlsIn(schema: JsonSchema, path = ''): string[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    ...(/url$/i.test(name) ? [`${path}${name}`] : []),
    ...urlsIn(member, `${path}${name}.`),
  ]);
  const items = schema.items ? urlsIn(schema.items, `${path.slice(0, -1)}[].`) : [];
  return [...inner, ...items, ...(schema.anyOf ?? []).flatMap((one) => urlsIn(one, path))];
}

const urls = (): Promise<{ url: string }[]> =>
  query(server.gateway.database.url, 'select url, handler from paggio.destinations order by id');

/** The full check sends every URL to every place. Otherwise these places get all, and each other place gets a part. */
const WHOLE = ['create', 'change of one', 'replay', 'notifications, Slack'];
const PARTS = process.env['PAGGIO_FULL'] === '1' ? 1 : 5;

test.each(ways)('%s: a forbidden URL is neither stored nor connected to', async (way, call) => {
  const before = await urls();
  const place = ways.findIndex(([name]) => name === way);
  const sent = hostile().filter((_, n) => WHOLE.includes(way) || n % PARTS === place % PARTS);
  expect(sent.length).toBeGreaterThan(3);
  for (const it of sent) {
    const { status, data } = await call(server.api(), it);
    const code = data.code ?? data.error?.code;
    expect([it, status, code]).toEqual([
      it,
      422,
      expect.stringMatching(/^(DESTINATION_NOT_ALLOWED|VALIDATION_FAILED)$/),
    ]);
  }
  expect(await urls()).toEqual(before);
  expect((await server.api().get('/api/v1/notifications')).data).toEqual({
    slack: null,
    discord: null,
    teams: null,
  });
});

test('a URL that begins with handler: is checked like every other, unless the destination is a handler of the app', async () => {
  const change = async (destination: string): Promise<unknown> => {
    const destinations = [{ id: destination, url: 'handler:own' }];
    const { data } = await server.api().patch(`/api/v1/endpoints/${id}`, { destinations });
    return data.details;
  };
  expect(await change(url)).toEqual([
    { field: 'destinations[0].url', message: 'destinations[0].url must begin with http:// or https://.' },
  ]);
  expect(await change(handler)).toEqual([
    { field: 'destinations[0].id', message: expect.stringContaining('handler of the app') },
  ]);
});

test("replays to the operator's own hosts are checked too", async () => {
  for (const environment of ['staging', 'local']) {
    const { status, data } = await server.api().post(`/api/v1/events/${eventId}/replay`, { environment });
    expect([environment, status, data.code]).toEqual([environment, 422, 'DESTINATION_NOT_ALLOWED']);
    expect(data.hint).toContain('PAGGIO_ALLOWED_NETWORKS');
  }
});

test('a URL that was written into the database directly is refused at the attempt, with the reason', async () => {
  const { slug, id: forced } = (
    await server.api().post('/api/v1/endpoints', {
      name: 'forced',
      destination_url: `http://127.0.0.5:${recorder.port}/`,
      retry: { max_attempts: 1 },
    })
  ).data;
  for (const [stored, reason] of [
    [`handler:http://127.0.0.1:${port()}/`, /^blocked_address: only http and https/],
    [`ftp://127.0.0.1:${port()}/`, /^blocked_address: only http and https/],
    [`http://127.0.0.1:${port()}/`, /^blocked_address: 127\.0\.0\.1 is not an address/],
    ['http://127.0.0.5:10250/', /^blocked_address: port 10250 belongs to a service/],
    ['no URL at all', /^request_not_sendable/],
  ] as const) {
    await query(
      server.gateway.database.url,
      `update paggio.destinations set url = '${stored}' where endpoint_id = '${forced}';
       update paggio.state set config_version = config_version + 1`,
    );
    const event = await settled(server.paggio, owner, await capture(server.paggio, slug, '{}'));
    expect([stored, event.status, event.attempts[0]?.error]).toEqual([stored, 'failed', expect.stringMatching(reason)]);
  }
});

test('refused connections are counted by reason', async () => {
  const { data } = await server.api().get('/metrics');
  const count = (reason: string): number =>
    Number(new RegExp(`^paggio_blocked_addresses_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(data)?.[1]);
  expect([count('address') > 0, count('port') > 0]).toEqual([true, true]);
});
