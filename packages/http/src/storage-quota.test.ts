import { createHmac } from 'node:crypto';
import type { TelemetryEvent, Paggio } from '@paggio/core';
import {
  allSettled,
  capture,
  owner,
  passAlertTime,
  query,
  Recorder,
  settled,
  startGateway,
  withoutDelivery,
} from '@paggio/core/testing';
import { build, request, sendRaw, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

const full = process.env['PAGGIO_FULL'] === '1';
const MiB = 1024 * 1024;
const SECRET = 'octocat octocat';

/** Servers that a test has started. They are stopped after it, even if it fails. */
const started: { stop(): Promise<void> }[] = [];
function kept<T extends { stop(): Promise<void> }>(one: T): T {
  started.push(one);
  return one;
}
afterEach(async () => {
  for (const one of started.splice(0).reverse()) await one.stop();
});

/** Updates the counts in the database, and lets this process read them. */
async function count({ gateway }: GatewayServer): Promise<void> {
  expect(await gateway.assembly.database.index.catchUp(30_000)).toBe(true);
  await gateway.runPeriodicWork('quota');
}

interface Endpoint {
  id: string;
  secret: string;
  path: string;
  slug: string;
}

async function create(server: GatewayServer, settings: object = {}): Promise<Endpoint> {
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'stored', ...settings });
  return { id: data.id, secret: data.secret, slug: data.slug, path: new URL(data.webhook_url).pathname };
}

const verified = { verification: { provider: 'github', secrets: [SECRET] } };

function send({ port }: { port: number }, { path }: Endpoint, bytes: number): Promise<RawAnswer> {
  const body = Buffer.alloc(bytes, 0x61);
  const signature = createHmac('sha256', SECRET).update(body).digest('hex');
  return request(port, { path, headers: [['X-Hub-Signature-256', `sha256=${signature}`]], body });
}

function ingest(server: GatewayServer, { id, secret }: Endpoint, bytes: number): Promise<RawAnswer> {
  const body = JSON.stringify('a'.repeat(bytes));
  const timestamp = String(Math.floor(Date.now() / 1000));
  return request(server.port, {
    path: `/e/${id}`,
    headers: [
      ['Authorization', `Bearer ${server.key}`],
      ['X-PJ-Timestamp', timestamp],
      ['X-PJ-Signature', createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')],
    ],
    body,
  });
}

const codeOf = (answer: RawAnswer): unknown => [answer.status, JSON.parse(answer.body.toString()).code];
const FULL = [429, 'RATE_LIMITED'];

async function eventsOf(paggio: Paggio, { id }: Endpoint): Promise<number> {
  return (await paggio.admin.events.list(owner, { endpointId: id }, { limit: 1, offset: 0, startingAfter: null }))
    .total;
}

describe('the quota for unverified events', () => {
  let server: GatewayServer;
  beforeAll(async () => (server = await startGatewayServer({ ...withoutDelivery, storageQuotaUnverified: MiB })));
  afterAll(async () => {
    await server.stop();
    expect(server.faults).toEqual([]);
  });

  test('refuses further unverified events, but not verified events, signed ingest, publishing or other endpoints', async () => {
    const [flooded, quiet, signed] = [await create(server), await create(server), await create(server, verified)];
    for (let n = 0; n < 5; n++) expect((await send(server, flooded, 200_000)).status).toBe(200);
    const refused = await send(server, flooded, 200_000);
    expect(codeOf(refused)).toEqual(FULL);
    expect(JSON.parse(refused.body.toString())).toMatchObject({
      message: 'The storage quota for unverified events of this endpoint is used up',
      hint: expect.stringContaining('retention'),
    });
    expect(refused.headers['retry-after']).toBe('300');
    expect(await eventsOf(server.paggio, flooded)).toBe(5);
    // A smaller event still fits.
    expect((await send(server, flooded, 1_000)).status).toBe(200);
    for (let n = 0; n < 7; n++) expect((await send(server, signed, 200_000)).status).toBe(200);
    expect((await send(server, quiet, 200_000)).status).toBe(200);
    expect((await ingest(server, flooded, 900_000)).status).toBe(202);
    const publish = { event_type: 'x', payload: 'a'.repeat(500_000), endpoint_ids: [flooded.id] };
    expect((await server.api().post('/api/v1/events', publish)).status).toBe(202);
  });

  test('refuses a body that is announced as too large before it is read', async () => {
    const flooded = await create(server);
    for (const bytes of [500_000, 500_000]) expect((await send(server, flooded, bytes)).status).toBe(200);
    const announced = build({ path: flooded.path, contentLength: 100_000 });
    expect((await sendRaw(server.port, announced)).status).toBe(429);
    // Without a length the body is counted once it has arrived.
    const chunked = Buffer.from(
      `POST ${flooded.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n${'a'.repeat(100_000)}\r\n0\r\n\r\n`,
    );
    expect((await sendRaw(server.port, chunked)).status).toBe(429);
    expect((await send(server, flooded, 10_000)).status).toBe(200);
  });

  test('counts the rows of many small events too', async () => {
    const flooded = await create(server);
    // Only the full check fills all of it with small events.
    const large = full ? 0 : 900_000;
    if (!full) expect((await send(server, flooded, large)).status).toBe(200);
    const left = Math.floor((MiB - large) / 1024);
    let taken = 0;
    while ((await capture(server.paggio, flooded.slug, '').catch(() => null)) !== null) taken++;
    expect(taken).toBeGreaterThan(left * 0.88);
    expect(taken).toBeLessThanOrEqual(left);
  });

  test('is known to other processes, and after a restart', async () => {
    const flooded = await create(server);
    const options = { ...withoutDelivery, storageQuotaUnverified: MiB };
    const other = kept(await startGatewayServer(options, {}, server.gateway.database));
    for (let n = 0; n < 5; n++) await send(server, flooded, 200_000);
    await count(server);
    // A process to which nothing comes reads every third time.
    for (let n = 0; n < 3; n++) await other.gateway.runPeriodicWork('quota');
    expect(codeOf(await send(other, flooded, 200_000))).toEqual(FULL);
    const restarted = kept(await startGatewayServer(options, {}, server.gateway.database));
    expect(codeOf(await send(restarted, flooded, 200_000))).toEqual(FULL);
  });

  test('reports refusals as sums in the log and in the metrics', async () => {
    const heard: TelemetryEvent[] = [];
    const end = server.paggio.subscribe((event) => heard.push(event));
    const flooded = await create(server);
    await server.api().get('/metrics');
    for (let n = 0; n < 9; n++) await send(server, flooded, 200_000);
    for (let n = 0; n < 2; n++) await server.gateway.runPeriodicWork('refusals');
    const refused = heard.filter((one) => one.type === 'capture.refused' && one.endpointId === flooded.id);
    expect(refused).toEqual([{ type: 'capture.refused', endpointId: flooded.id, reason: 'quota', count: 4 }]);
    end();
    const { data } = await server.api().get('/metrics');
    expect(Number(/^paggio_capture_refused_total\{reason="quota"\} (\d+)$/m.exec(data)?.[1])).toBeGreaterThanOrEqual(4);
    expect(Number(/^paggio_stored_bytes (\S+)$/m.exec(data)?.[1])).toBeGreaterThan(MiB);
  });
});

test('the quota of an endpoint counts and refuses everything that arrives there, and nothing else', async () => {
  const server = kept(await startGatewayServer({ ...withoutDelivery, storageQuotaPerEndpoint: MiB }));
  const [full, quiet] = [await create(server, verified), await create(server)];
  expect((await ingest(server, full, 400_000)).status).toBe(202);
  expect((await send(server, full, 400_000)).status).toBe(200);
  const payload = 'a'.repeat(400_000);
  const publish = (ids: string[]) =>
    server.api().post('/api/v1/events', { event_type: 'x', payload, endpoint_ids: ids });
  expect(codeOf(await ingest(server, full, 400_000))).toEqual(FULL);
  expect(codeOf(await send(server, full, 400_000))).toEqual(FULL);
  const refused = await publish([quiet.id, full.id]);
  expect([refused.status, refused.data.code, refused.headers['retry-after']]).toEqual([...FULL, '300']);
  // The event goes to all endpoints or to none.
  expect(await eventsOf(server.paggio, quiet)).toBe(0);
  expect((await publish([quiet.id])).status).toBe(202);
  expect(server.faults).toEqual([]);
});

test("a user's endpoints share a quota, unverified events may use half of it, and other users have their own", async () => {
  const server = kept(await startGatewayServer({ ...withoutDelivery, storageQuotaPerUser: MiB }));
  const [open, signed] = [await create(server), await create(server, verified)];
  const theirs = (await server.paggio.admin.endpoints.create({ ...owner, userId: 'user-2' }, { name: 'theirs' }))
    .endpoint;
  expect((await send(server, open, 300_000)).status).toBe(200);
  expect(codeOf(await send(server, open, 300_000))).toEqual(FULL);
  expect((await send(server, signed, 500_000)).status).toBe(200);
  expect(codeOf(await send(server, signed, 500_000))).toEqual(FULL);
  const other = { ...open, path: `/api/webhook/${theirs.slug}` };
  expect((await send(server, other, 300_000)).status).toBe(200);
});

test('counts equal the stored bytes after deliveries, replays and removals, and a removal makes room', async () => {
  const HOUR = 3_600_000;
  const server = kept(await startGatewayServer({ storageQuotaUnverified: MiB, retention: HOUR }));
  const { paggio } = server;
  const { url } = server.gateway.database;
  const recorder = kept(await Recorder.start());
  const endpoint = await create(server, { destination_url: recorder.url() });
  const signed = await create(server, verified);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++)
    ids.push((await send(server, endpoint, 150_000 + n)).headers['paggio-event-id'] as string);
  await send(server, signed, 1_000);
  // Sealed, it takes more space than the header that arrived.
  const credential: [string, string] = ['Authorization', `Bearer ${'a'.repeat(4_000)}`];
  const carrying = await request(server.port, { path: endpoint.path, headers: [credential], body: '{}' });
  ids.push(carrying.headers['paggio-event-id'] as string);
  await allSettled(server.gateway, ids);
  const copy = (await server.api().post(`/api/v1/events/${ids[0]}/replay`)).data.id;
  await settled(paggio, owner, copy);
  const counted = async (): Promise<unknown> => {
    await count(server);
    return query(
      url,
      `select endpoint_id, user_id, bytes::int, unverified_bytes::int from paggio.endpoint_usage where bytes > 0 order by 1`,
    );
  };
  const stored = (): Promise<unknown> =>
    query(
      url,
      `select endpoint_id, user_id, sum(bytes)::int as bytes, coalesce(sum(bytes) filter (where verified_by is null), 0)::int as unverified_bytes
       from (select *, octet_length(body) + octet_length(headers) + octet_length(path) + octet_length(query)
         + coalesce(octet_length(sealed), 0) + 1024 as bytes from paggio.events) e
       group by 1, 2 order by 1`,
    );
  expect(await counted()).toEqual(await stored());
  const [sealed] = await query<{ bytes: number }>(
    url,
    `select octet_length(sealed) as bytes from paggio.events where sealed is not null`,
  );
  expect(sealed?.bytes).toBeGreaterThan(4_000);
  expect(codeOf(await send(server, endpoint, 300_000))).toEqual(FULL);

  // Two hours pass for all but the copy, because ids contain times.
  for (const [table, column] of [
    ['events', 'id'],
    ['deliveries', 'event_id'],
    ['event_index', 'event_id'],
  ])
    await query(
      url,
      `update paggio.${table} set ${column} = (lpad(to_hex(('x' || left(replace(${column}::text, '-', ''), 12))::bit(48)::bigint - ${2 * HOUR}), 12, '0')
         || substr(replace(${column}::text, '-', ''), 13))::uuid where ${column} <> '${copy}'`,
    );
  expect(await server.gateway.assembly.maintenance.retention?.run()).toBe(7);
  expect(await counted()).toEqual(await stored());
  await count(server);
  expect((await send(server, endpoint, 300_000)).status).toBe(200);
  await count(server);

  // Removing events from before the count does not subtract them.
  await query(url, `update paggio.event_index set bytes = null; update paggio.endpoint_usage set bytes = 500`);
  await query(url, `delete from paggio.event_index where event_id = '${copy}'`);
  await query(url, `update paggio.events set id = '00000000-0000-7000-8000-000000000001' where id = '${copy}'`);
  expect(await server.gateway.assembly.maintenance.retention?.run()).toBe(1);
  expect(await query(url, 'select distinct bytes::int from paggio.endpoint_usage')).toEqual([{ bytes: 500 }]);
  expect(server.faults).toEqual([]);
});

describe('alarms for users and operators', () => {
  test('come once when a quota is nearly full and once when it is full, from one of several processes', async () => {
    const quotas = { storageQuotaUnverified: MiB, storageQuotaPerUser: 10 * MiB };
    const server = kept(await startGatewayServer(quotas));
    const other = kept(await startGateway(quotas, {}, server.gateway.database));
    const slack = kept(await Recorder.start((_request, response) => void response.writeHead(200).end('ok')));
    await server.paggio.admin.notifications.put(owner, {
      slack: { url: slack.url('/x'), triggers: ['storage'] },
      discord: null,
    });
    const heard: TelemetryEvent[] = [];
    for (const { paggio } of [server, other])
      paggio.subscribe((event) => void (event.type === 'storage.filling' && heard.push(event)));
    const judge = async (): Promise<TelemetryEvent[]> => {
      await count(server);
      await Promise.all([server.gateway, other].map((gateway) => gateway.runPeriodicWork('usage')));
      return heard.splice(0);
    };
    const latestMessage = async (): Promise<string> => {
      await passAlertTime(server.gateway.database);
      await server.gateway.runPeriodicWork('notify');
      const { text } = JSON.parse(slack.requests.at(-1)?.body.toString() ?? '{}') as { text?: string };
      return text ?? '';
    };
    const endpoint = await create(server, { name: 'orders' });
    await send(server, endpoint, 700_000);
    expect(await judge()).toEqual([]);
    await send(server, endpoint, 150_000);
    const facts = { type: 'storage.filling', endpointId: endpoint.id, userId: 'user-1', quota: MiB, unverified: true };
    expect(await judge()).toMatchObject([{ ...facts, full: false }]);
    expect(await judge()).toEqual([]);
    expect(await latestMessage()).toMatch(
      /\*orders\*: its storage is filling up\. 81 % of the 1 MiB for unverified events are used\.$/,
    );
    await send(server, endpoint, 190_000);
    expect(await judge()).toMatchObject([{ ...facts, full: true }]);
    expect(await judge()).toEqual([]);
    expect(await latestMessage()).toContain('New events are refused with 429 until there is room.');
    const said = slack.requests.length;
    await latestMessage();
    expect(slack.requests.length).toBe(said);

    // Once usage has fallen, there can be another alarm.
    const set = (part: number) =>
      query(
        server.gateway.database.url,
        `update paggio.endpoint_usage set bytes = ${part * MiB}, unverified_bytes = ${part * MiB}`,
      );
    await set(0.5);
    expect(await judge()).toEqual([]);
    await set(0.85);
    expect(await judge()).toMatchObject([{ ...facts, full: false }]);
    // Usage that moves around a threshold causes no further alarm.
    for (const part of [0.79, 0.81, 0.79, 0.81]) {
      await set(part);
      expect(await judge()).toEqual([]);
    }
    // All endpoints together.
    await query(
      server.gateway.database.url,
      `update paggio.endpoint_usage set bytes = ${9 * MiB}, unverified_bytes = 0`,
    );
    expect(await judge()).toMatchObject([
      { type: 'storage.filling', endpointId: null, userId: 'user-1', quota: 10 * MiB, bytes: 9 * MiB, full: false },
    ]);
    expect(await judge()).toEqual([]);
  });
});
