import { createHmac } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AxiosResponse } from 'axios';
import { scopes, type AuditRecord, type Owner, type Scope } from '@paggio/core';
import { withoutDelivery } from '@paggio/core/testing';
import type { Operation } from './operation';
import { operations } from './resources/operations';
import { client, request, startGatewayServer, type GatewayServer } from './testing';
import { endingOperations } from './testing/ending-operations';

/** The objects of one user in one mode. */
interface World {
  owner: Owner;
  keys: Record<Scope, string>;
  endpoint: { id: string; slug: string; secret: string };
  destination: string;
  event: string;
  rejection: string;
  replay: string;
  key: string;
  session: string;
}

let server: GatewayServer;
let mine: World;
let others: { stranger: World; otherMode: World };

beforeAll(async () => {
  server = await startGatewayServer({ ...withoutDelivery, apiRateLimit: null });
  mine = await worldOf({ userId: 'user-1', mode: 'live' });
  others = {
    stranger: await worldOf({ userId: 'user-2', mode: 'live' }),
    otherMode: await worldOf({ userId: 'user-1', mode: 'test' }),
  };
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

async function keyOf({ userId, mode }: Owner, wanted: Scope[]): Promise<string> {
  const all = { userId, mode: 'live' as const, scopes: new Set(scopes), keyId: null };
  return (await server.paggio.admin.keys.create(all, { name: wanted.join(), mode, scopes: wanted })).key;
}

type Keys = { all: string } & Record<Scope, string>;
const keysOfOwners = new Map<string, Promise<Keys>>();

/** A key with every scope and one with each, which all worlds of an owner share. */
function keysOf(owner: Owner): Promise<Keys> {
  const name = `${owner.userId} ${owner.mode}`;
  const known = keysOfOwners.get(name) ?? newKeys(owner);
  keysOfOwners.set(name, known);
  return known;
}

async function newKeys(owner: Owner): Promise<Keys> {
  const keys = { all: await keyOf(owner, [...scopes]) } as Keys;
  for (const scope of scopes) keys[scope] = await keyOf(owner, [scope]);
  return keys;
}

async function worldOf(owner: Owner): Promise<World> {
  const keys = await keysOf(owner);
  const api = client(server.port, keys.all);
  // The newest key, which no other world uses.
  await keyOf(owner, ['read']);
  const endpoint = (
    await api.post('/api/v1/endpoints', {
      name: `of ${owner.userId}`,
      destination_url: 'http://127.0.0.1:9/',
      verification: { provider: 'github', secrets: ['a secret of github'] },
      status: undefined,
    })
  ).data;
  await api.patch(`/api/v1/endpoints/${endpoint.id}`, { status: 'PAUSED' });
  const rejected = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  const event = (await api.post(`/api/v1/endpoints/${endpoint.id}/test`, {})).data.id;
  return {
    owner,
    keys,
    endpoint,
    destination: endpoint.destinations[0].id,
    event,
    rejection: rejected.headers['paggio-rejection-id'] as string,
    replay: await newReplay(api, endpoint.id),
    key: (await api.get('/api/v1/keys')).data.data[0].id,
    session: await newSession(owner),
  };
}

async function newSession(owner: Owner): Promise<string> {
  const { sessions } = server.paggio.admin;
  const principal = { ...owner, scopes: new Set(scopes), keyId: null };
  await sessions.open(principal);
  const { items } = await sessions.list(principal, { limit: 100, offset: 0, startingAfter: null });
  return items.find(({ mode }) => mode === owner.mode)?.id as string;
}

async function newReplay(api: ReturnType<typeof client>, endpointId: string): Promise<string> {
  return (await api.post('/api/v1/replays', { filter: { endpoint_id: endpointId, status: 'pending' } })).data.id;
}

interface Request {
  data?: object | string;
  headers?: Record<string, string>;
}

function signed(world: World): Request {
  const data = '{"event_type":"x","payload":{}}';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', world.endpoint.secret).update(`${timestamp}.${data}`).digest('hex');
  return {
    data,
    headers: { 'X-PJ-Timestamp': timestamp, 'X-PJ-Signature': signature, 'Content-Type': 'application/json' },
  };
}

// A valid request for every row of the table. A new route that is missing here fails a test.
const requests: Record<string, (world: World) => Request> = {
  'health.live': () => ({}),
  'health.ready': () => ({}),
  'openapi.get': () => ({}),
  'metrics.get': () => ({}),
  'ingest.signed': signed,
  'events.stream': () => ({}),
  'stats.get': () => ({}),
  'system.get': () => ({}),
  'events.list': () => ({}),
  'events.get': () => ({}),
  'events.attempts': () => ({}),
  'events.raw': () => ({}),
  'events.verification': () => ({}),
  'events.replay': () => ({}),
  'events.cancel': () => ({}),
  'events.publish': (world) => ({ data: { event_type: 'x', payload: 1, endpoint_ids: [world.endpoint.id] } }),
  'rejections.list': () => ({}),
  'rejections.get': () => ({}),
  'rejections.raw': () => ({}),
  'rejections.verification': () => ({}),
  'replays.list': () => ({}),
  'replays.create': () => ({ data: { filter: { status: 'failed' }, dry_run: true } }),
  'replays.get': () => ({}),
  'replays.cancel': () => ({}),
  'endpoints.list': () => ({}),
  'endpoints.create': () => ({ data: { name: 'made' } }),
  'endpoints.get': () => ({}),
  'endpoints.update': () => ({ data: { description: 'changed' } }),
  'endpoints.delete': () => ({}),
  'endpoints.secret': () => ({}),
  'endpoints.rotate_secret': () => ({ data: {} }),
  'endpoints.test': () => ({ data: {} }),
  'destinations.list': () => ({}),
  'destinations.create': () => ({ data: { url: 'http://127.0.0.1:9/' } }),
  'destinations.get': () => ({}),
  'destinations.update': () => ({ data: { name: 'changed' } }),
  'destinations.delete': () => ({}),
  'keys.list': () => ({}),
  'keys.create': (world) => ({ data: { name: 'made', mode: world.owner.mode, scopes: ['admin'] } }),
  'keys.delete': () => ({}),
  'sessions.list': () => ({}),
  'sessions.delete': () => ({}),
  'sessions.delete_others': () => ({}),
  'audit.list': () => ({}),
  'notifications.get': () => ({}),
  'notifications.put': (world) => ({
    data: { slack: { url: `http://127.0.0.1:9/${world.endpoint.id}`, triggers: ['failed'] } },
  }),
  'notifications.test': () => ({ data: { channel: 'slack' } }),
  'providers.list': () => ({}),
};

/** The ids in a path, by collection. */
type Ids = Partial<
  Record<'endpoints' | 'destinations' | 'events' | 'rejections' | 'replays' | 'keys' | 'sessions', string>
>;

function urlOf(operation: Operation, ids: Ids): string {
  return operation.path
    .replace('/e/:endpoint_id', `/e/${ids.endpoints}`)
    .replaceAll(/\/([a-z]+)\/:[a-z_]+/g, (_, collection: keyof Ids) => `/${collection}/${ids[collection]}`);
}

const idsOf = (world: World): Ids => ({
  endpoints: world.endpoint.id,
  destinations: world.destination,
  events: world.event,
  rejections: world.rejection,
  replays: world.replay,
  keys: world.key,
  sessions: world.session,
});

async function call(
  operation: Operation,
  key: string,
  ids: Ids,
  world = mine,
): Promise<{ status: number; data: any; text: string }> {
  const { data, headers } = requests[operation.id]?.(world) ?? {};
  const api = client(server.port, key);
  const config = { method: operation.method, url: urlOf(operation, ids), data, headers };
  if (operation.id === 'events.stream') return firstOf(await api.request({ ...config, responseType: 'stream' }));
  const answer = await api.request(config);
  return { status: answer.status, data: answer.data, text: JSON.stringify(answer.data) ?? '' };
}

/** The beginning of an answer that does not end. */
async function firstOf(answer: AxiosResponse<Readable>): Promise<{ status: number; data: any; text: string }> {
  const text = await new Promise<string>((done) => answer.data.once('data', (chunk) => done(String(chunk))));
  answer.data.destroy();
  return { status: answer.status, data: text.startsWith('{') ? JSON.parse(text) : text, text };
}

const full = process.env['PAGGIO_FULL'] === '1';
const UNKNOWN = '01a1feba-f6e4-7000-a9af-4d30305a647b';
const table = operations.map((operation) => [operation.id, operation] as const);
const guarded = table.filter(([, { scope }]) => scope !== null) as (readonly [string, Operation & { scope: Scope }])[];

test('every operation has its place in the matrix [AUZ-07]', () => {
  expect(Object.keys(requests).sort()).toEqual(operations.map(({ id }) => id).sort());
});

/** Pairs of a scope that was held and one that was needed. */
const decided = new Set<string>();

test.each(guarded)('%s needs its scope, whatever object it is asked for [AUZ-06]', async (_, operation) => {
  const asked = [idsOf(mine), idsOf(others.stranger), allIds(UNKNOWN), allIds('nope')];
  for (const [index, scope] of scopes.filter((one) => one !== operation.scope).entries()) {
    // One decision is made for all operations with the same scope. In the full check every scope asks for everything.
    const pair = `${scope} instead of ${operation.scope}`;
    if (!full && decided.has(pair) && index !== operations.indexOf(operation) % (scopes.length - 1)) continue;
    decided.add(pair);
    // Without an id in its path, the request is the same each time.
    const about = operation.path.includes('/:') ? (full ? asked : [asked[index % asked.length] as Ids]) : [{}];
    for (const ids of about) {
      const { status, data } = await call(operation, mine.keys[scope], ids);
      expect([scope, status, data.code]).toEqual([scope, 403, 'FORBIDDEN']);
    }
  }
  expect((await call(operation, 'pk_live_nope', idsOf(mine))).status).toBe(401);
});

const allIds = (id: string): Ids => ({
  endpoints: id,
  destinations: id,
  events: id,
  rejections: id,
  replays: id,
  keys: id,
  sessions: id,
});

const operationOf = (id: string): Operation => operations.find((one) => one.id === id) as Operation;

const managesBothModes: ReadonlySet<string> = new Set(['keys.delete', 'sessions.delete']);

const withId = guarded.filter(([, { path }]) => path.includes('/:'));

const malformed = ['not-a-uuid', "'%20or%201=1--", '%00'];

test.each(withId)("%s knows nobody else's objects [AUZ-05, AUZ-07]", async (_, operation) => {
  const key = mine.keys[operation.scope];
  const foreign: Ids[] = [
    idsOf(others.stranger),
    // The only exception: a live key manages the test keys of its user, which it may create too, and their sessions.
    ...(managesBothModes.has(operation.id) ? [] : [idsOf(others.otherMode)]),
    allIds(UNKNOWN),
    ...malformed.filter((_, n) => full || n === operations.indexOf(operation) % malformed.length).map(allIds),
  ];
  const answers = [];
  for (const ids of foreign) {
    const { status, data } = await call(operation, key, ids);
    answers.push(JSON.stringify([status, { ...data, request_id: '' }]));
  }
  expect(new Set(answers).size).toBe(1);
  expect(JSON.parse(answers[0] as string)).toMatchObject([404, { code: 'NOT_FOUND' }]);
  // A key of the other mode finds nothing either.
  const otherKey = others.otherMode.keys[operation.scope];
  expect((await call(operation, otherKey, idsOf(mine), others.otherMode)).status).toBe(404);
});

test.each(withId.filter(([, { path }]) => path.includes(':destination_id')))(
  '%s needs both ids to be right [AUZ-08]',
  async (_, operation) => {
    const key = mine.keys[operation.scope];
    for (const ids of [
      { endpoints: mine.endpoint.id, destinations: others.stranger.destination },
      { endpoints: mine.endpoint.id, destinations: others.otherMode.destination },
      { endpoints: mine.endpoint.id, destinations: UNKNOWN },
      { endpoints: others.stranger.endpoint.id, destinations: mine.destination },
      { endpoints: others.stranger.endpoint.id, destinations: others.stranger.destination },
    ])
      expect((await call(operation, key, ids)).status).toBe(404);
  },
);

/** The result of an operation on the caller's own objects, with the newest audit entry before and after. */
interface Outcome {
  world: World;
  status: number;
  text: string;
  before: AuditRecord | undefined;
  after: AuditRecord | undefined;
}

const outcomes = new Map<string, Promise<Outcome>>();
let own: Promise<World> | undefined;

function outcomeOf(operation: Operation & { scope: Scope }): Promise<Outcome> {
  const known = outcomes.get(operation.id) ?? perform(operation);
  outcomes.set(operation.id, known);
  return known;
}

async function perform(operation: Operation & { scope: Scope }): Promise<Outcome> {
  const world = await (endingOperations.has(operation.id) ? newWorld() : (own ??= newWorld()));
  const before = await newestEntry();
  const { status, text } = await call(operation, world.keys[operation.scope], idsOf(world), world);
  return { world, status, text, before, after: await newestEntry() };
}

async function newWorld(): Promise<World> {
  const world = await worldOf(mine.owner);
  await call(operationOf('notifications.put'), world.keys.admin, {}, world);
  return world;
}

async function newestEntry(): Promise<AuditRecord | undefined> {
  return (await server.paggio.admin.audit.list(mine.owner, {}, { limit: 1, offset: 0, startingAfter: null })).items[0];
}

test.each(guarded)("%s works on the caller's own objects and shows nothing of others", async (id, operation) => {
  const { status, text } = await outcomeOf(operation);
  expect([id, status >= 200 && status < 300]).toEqual([id, true]);
  for (const other of Object.values(others)) {
    const { keys, sessions, ...rest } = idsOf(other);
    // A live key also manages the test keys of its user.
    const foreign = other === others.otherMode ? rest : { ...rest, keys, sessions };
    for (const theirs of Object.values(foreign)) expect(text).not.toContain(theirs);
    expect(text).not.toContain(other.endpoint.slug);
  }
});

/** Senders and producers are not users whose actions are recorded: the events themselves are the record. */
const traffic = ['ingest.signed', 'events.publish'];
const acts = guarded.filter(([id, { method }]) => method !== 'GET' && !traffic.includes(id));

test.each([...acts, ...guarded.filter(([id]) => id === 'endpoints.secret')])(
  '%s leaves an entry in the audit log, without a secret in it [AUZ-28]',
  async (id, operation) => {
    const { world, text, ...outcome } = await outcomeOf(operation);
    let { status, before, after } = outcome;
    if (id === 'replays.create') {
      // A dry run is not an action.
      before = after;
      const data = { filter: { endpoint_id: world.endpoint.id, status: 'pending' } };
      status = (await client(server.port, world.keys.write).post('/api/v1/replays', data)).status;
      after = await newestEntry();
    }
    expect([id, status < 300]).toEqual([id, true]);
    expect([id, after?.id === before?.id, after?.keyId]).toEqual([id, false, expect.any(String)]);
    const kept = JSON.stringify(after);
    const made = /"(?:secret|key)":"([^"]+)"/.exec(text)?.[1];
    for (const secret of [world.endpoint.secret, 'a secret of github', made])
      if (secret !== undefined) expect(kept).not.toContain(secret);
  },
);

describe('ids outside the path [AUZ-08]', () => {
  const api = (scope: Scope): ReturnType<typeof client> => client(server.port, mine.keys[scope]);

  test.each(['stranger', 'otherMode'] as const)('an id of a %s finds nothing and changes nothing', async (who) => {
    const theirs = others[who];
    const ofTheirs = { params: { endpoint_id: theirs.endpoint.id } };
    expect((await api('read').get('/api/v1/events', ofTheirs)).data).toMatchObject({ data: [], meta: { total: 0 } });
    expect((await api('read').get('/api/v1/rejections', ofTheirs)).data).toMatchObject({
      data: [],
      meta: { total: 0 },
    });
    // A cursor is a position in the caller's own list, even with the id of another user's event.
    const paged = await api('read').get('/api/v1/events', { params: { starting_after: theirs.event } });
    expect(JSON.stringify(paged.data)).not.toContain(theirs.endpoint.id);
    const replay = await api('write').post('/api/v1/replays', {
      filter: { endpoint_id: theirs.endpoint.id },
      dry_run: true,
    });
    expect(replay.data.matched).toBe(0);
    const history = { filter: { status: 'pending' }, destination_id: theirs.destination };
    expect((await api('write').post('/api/v1/replays', history)).status).toBe(422);
    const publish = { event_type: `to.${who}`, payload: 1, endpoint_ids: [mine.endpoint.id, theirs.endpoint.id] };
    expect((await api('ingest').post('/api/v1/events', publish)).status).toBe(404);
    const published = await api('read').get('/api/v1/events', { params: { event_type: 'to.*' } });
    expect(published.data.meta.total).toBe(0);
    const change = { destinations: [{ id: theirs.destination, url: 'http://127.0.0.1:9/stolen' }] };
    expect((await api('write').patch(`/api/v1/endpoints/${mine.endpoint.id}`, change)).status).toBe(422);
    const audit = await api('admin').get('/api/v1/audit', { params: { object_id: theirs.endpoint.id } });
    expect(audit.data.data).toEqual([]);
  });

  test('a test key makes test objects only, and no live key', async () => {
    const test = client(server.port, await keyOf({ userId: 'user-1', mode: 'test' }, [...scopes]));
    expect((await test.post('/api/v1/endpoints', { name: 't' })).data.mode).toBe('test');
    expect((await test.post('/api/v1/keys', { name: 't', mode: 'live' })).status).toBe(403);
    expect((await test.get('/api/v1/keys')).data.data.every((key: any) => key.mode === 'test')).toBe(true);
  });
});
