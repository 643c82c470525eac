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
const CASES = full ? 260 : 4;

let server: GatewayServer;
let recorder: Recorder;
/** Objects to ask about. Some of them are deleted during a walk. */
const ids: Record<string, string[]> = {};
/** Whether these objects have only been read so far. */
let fresh = false;

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

async function makeObjects(): Promise<void> {
  const api = server.api();
  const endpoint = (
    await api.post('/api/v1/endpoints', {
      name: 'walked',
      destination_url: recorder.url(),
      verification: { provider: 'github', secrets: ['a secret'] },
    })
  ).data;
  const rejected = await request(server.port, { path: `/api/webhook/${endpoint.slug}`, body: '{}' });
  const event = (await api.post(`/api/v1/endpoints/${endpoint.id}/test`, {})).data.id as string;
  const replay = (await api.post('/api/v1/replays', { filter: { endpoint_id: endpoint.id } })).data.id as string;
  const all = { ...owner, scopes: new Set(scopes), keyId: null };
  const { apiKey } = await server.paggio.admin.keys.create(all, { name: 'walked' });
  ids['endpoints'] = [endpoint.id];
  ids['e'] = [endpoint.id];
  ids['destinations'] = [endpoint.destinations[0].id];
  ids['events'] = [event];
  ids['rejections'] = [rejected.headers['paggio-rejection-id'] as string];
  ids['replays'] = [replay];
  ids['keys'] = [apiKey.id];
  await server.paggio.admin.sessions.open(all);
  ids['sessions'] = [(await api.get('/api/v1/sessions')).data.data[0].id];
}

const strangeIds = ['nope', '%00', '%ff', '..%2f', 'evt_', '0'.repeat(5_000), '%F0%9F%98%80', "'%20or%201=1--"];

function pathOf(operation: Operation): Arbitrary<string> {
  const parts = operation.path.split('/').slice(1);
  const chosen = parts.map((part, index) => {
    if (!part.startsWith(':')) return fc.constant(part);
    const own = ids[parts[index - 1] as string] as string[];
    return fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...own) },
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
    // Operations that change or end objects get new ones.
    const changes = operation.method !== 'GET' && operation.path.includes('/:');
    if (changes || !fresh) await makeObjects();
    fresh = !changes;
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
