import fc, { type Arbitrary } from 'fast-check';
import axios from 'axios';
import { scopes } from '@paggio/core';
import { owner, Recorder } from '@paggio/core/testing';
import type { Operation } from '../operation';
import { operations } from '../resources/operations';
import { request, startGatewayServer, type GatewayServer } from '../testing';
import { problemsOf } from '../testing/conformance';
import { fromSchema, hostileBody, hostileValue } from '../testing/schema-arbitrary';
import { dtoSchema } from './dto-schema';

// The full check runs about 11,000 cases; see CONTRIBUTING.
const full = process.env['PAGGIO_FULL'] === '1';
const CASES = full ? 260 : 3;

let server: GatewayServer;
let recorder: Recorder;
/** Objects to ask about, by their kind. They are made when an operation needs them, and again after one that may end them. */
const ids: Record<string, string> = {};
/** The newest endpoint. */
let endpoint: { slug: string; destinations: { id: string }[] };

beforeAll(async () => {
  server = await startGatewayServer({ apiRateLimit: null });
  recorder = await Recorder.start(
    (_request, response, count) => void response.writeHead(count % 5 ? 200 : 404).end('x'),
  );
});

afterAll(async () => {
  await server.stop();
  await recorder.stop();
});

const all = { ...owner, scopes: new Set(scopes), keyId: null };

/** Makes a new object of each kind, after those that it belongs to. */
const makers: Readonly<Record<string, () => Promise<string>>> = {
  async endpoints() {
    const { data } = await server.api().post('/api/v1/endpoints', {
      name: 'walked',
      destination_url: recorder.url(),
      verification: { provider: 'github', secrets: ['a secret'] },
    });
    endpoint = data;
    // These belong to an endpoint.
    for (const kind of ['e', 'destinations', 'events', 'rejections', 'replays']) delete ids[kind];
    return data.id;
  },
  e: () => idOf('endpoints'),
  async destinations() {
    await idOf('endpoints');
    return endpoint.destinations[0]?.id as string;
  },
  async events() {
    return (await server.api().post(`/api/v1/endpoints/${await idOf('endpoints')}/test`, {})).data.id;
  },
  async rejections() {
    await idOf('endpoints');
    const rejected = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
    return rejected.headers['paggio-rejection-id'] as string;
  },
  async replays() {
    // It has something to replay.
    await idOf('events');
    const filter = { endpoint_id: await idOf('endpoints') };
    return (await server.api().post('/api/v1/replays', { filter })).data.id;
  },
  keys: async () => (await server.paggio.admin.keys.create(all, { name: 'walked' })).apiKey.id,
  async sessions() {
    await server.paggio.admin.sessions.open(all);
    return (await server.api().get('/api/v1/sessions')).data.data[0].id;
  },
};

async function idOf(kind: string): Promise<string> {
  return (ids[kind] ??= await (makers[kind] as () => Promise<string>)());
}

/** The kinds of the objects that a path names. */
function kindsIn(path: string): string[] {
  const parts = path.split('/');
  return parts.filter((_, n) => parts[n + 1]?.startsWith(':'));
}

const strangeIds = ['nope', '%00', '%ff', '..%2f', 'evt_', '0'.repeat(5_000), '%F0%9F%98%80', "'%20or%201=1--"];

function pathOf(operation: Operation): Arbitrary<string> {
  const parts = operation.path.split('/').slice(1);
  const chosen = parts.map((part, index) => {
    if (!part.startsWith(':')) return fc.constant(part);
    const own = ids[parts[index - 1] as string] as string;
    return fc.oneof(
      { weight: 6, arbitrary: fc.constant(own) },
      { weight: 1, arbitrary: fc.constantFrom(...strangeIds) },
      { weight: 1, arbitrary: fc.uuid() },
    );
  });
  return fc.tuple(...chosen).map((segments) => `/${segments.join('/')}`);
}

/** JSON for an object, because a hostile one may have a `toString` that is not a function. */
function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function queryOf(operation: Operation): Arbitrary<string> {
  const write = (pairs: [string, unknown][]): string =>
    pairs
      .filter(([, value]) => value !== undefined)
      // What Unicode has no bytes for is replaced: a URL cannot carry it.
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(value).toWellFormed())}`)
      .join('&');
  const names = operation.query ? Object.keys(dtoSchema(operation.query).properties ?? {}) : [];
  const hostile = fc
    .array(fc.tuple(fc.constantFrom(...names, 'limit', '__proto__', 'sort', ''), hostileValue), { maxLength: 3 })
    .map((pairs) => write(pairs));
  const raw = fc.constantFrom('%', '%zz', 'limit=1&limit=2', 'a=%00', '&&=&', 'q=%ff%fe', '?'.repeat(100));
  if (!operation.query) return fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 1, arbitrary: hostile });
  const valid = fromSchema(dtoSchema(operation.query), []).map((value) => write(Object.entries(value as object)));
  return fc.oneof({ weight: 4, arbitrary: valid }, { weight: 3, arbitrary: hostile }, { weight: 1, arbitrary: raw });
}

function bodyOf(operation: Operation): Arbitrary<Buffer> {
  const urls = [
    recorder.url(),
    recorder.url('/x?y=1'),
    'http://127.0.0.1:9/',
    'http://10.0.0.1/',
    'ftp://x/',
    'not a url',
    '',
  ];
  const valid = operation.body ? fromSchema(dtoSchema(operation.body), urls) : fc.constant({});
  const asText = valid.map((value) => Buffer.from(JSON.stringify(value) ?? '', 'utf8'));
  return fc.oneof(asText, hostileBody(valid), fc.constant(Buffer.alloc(0)));
}

const headersOf: Arbitrary<Record<string, string>> = fc.oneof(
  { weight: 5, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Record<string, string>[]>(
      { 'idempotency-key': 'once' },
      { 'idempotency-key': 'x'.repeat(300) },
      { 'last-event-id': '%' },
    ),
  },
);

const http = axios.create({
  validateStatus: () => true,
  responseType: 'arraybuffer',
  transformRequest: (data: unknown) => data,
});
/** Streams, which the walk ends after their headers. */
const endless = new Set(['events.stream']);

test.each(operations.map((operation) => [operation.id, operation] as const))(
  '%s answers as documented, whatever it is sent [AUZ-26]',
  async (id, operation) => {
    const kinds = kindsIn(operation.path);
    const used = [...kinds, ...(operation.id.startsWith('sessions.') ? ['sessions'] : [])];
    // Operations that change or end objects get new ones, and leave none to the next.
    const changes = operation.method !== 'GET' && operation.id !== 'events.publish';
    if (changes) for (const kind of used) delete ids[kind];
    for (const kind of kinds) await idOf(kind);
    let succeeded = 0;
    const requests = fc
      .record({ path: pathOf(operation), query: queryOf(operation), body: bodyOf(operation), headers: headersOf })
      // Node itself answers 431 to a request line and headers of more than 16 KiB, and nobody else sees them.
      .filter(({ path, query }) => path.length + query.length < 15_000);
    await fc.assert(
      fc.asyncProperty(requests, async ({ path, query, body, headers }) => {
        const stop = new AbortController();
        const answer = await http.request({
          method: operation.method,
          url: `http://127.0.0.1:${server.port}${path}${query === '' ? '' : `?${query}`}`,
          data: operation.method === 'GET' ? undefined : body,
          headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json', ...headers },
          ...(endless.has(id) ? { responseType: 'stream', signal: stop.signal } : {}),
        });
        if (endless.has(id) && answer.status === 200) return stop.abort();
        const type = String(answer.headers['content-type'] ?? '');
        const text = Buffer.from(endless.has(id) ? await collect(answer.data) : answer.data).toString('utf8');
        const shape = operation.answers[answer.status];
        const data: unknown = shape && 'mediaType' in shape ? text : text === '' ? '' : JSON.parse(text);
        if (answer.status < 300) succeeded++;
        expect(server.faults.splice(0)).toEqual([]);
        expect(answer.status).not.toBe(500);
        expect(problemsOf(operation, answer.status, type, data)).toEqual([]);
        expect(({} as { admin?: unknown }).admin).toBeUndefined();
      }),
      { numRuns: CASES, endOnFailure: full },
    );
    if (changes) for (const kind of used) delete ids[kind];
    // A walk with refusals only would say nothing about other answers.
    if (full && !endless.has(id)) expect(succeeded).toBeGreaterThan(0);
  },
  full ? 300_000 : 30_000,
);

async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
