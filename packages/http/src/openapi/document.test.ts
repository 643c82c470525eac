import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Validator } from '@seriousme/openapi-schema-validator';
import fc from 'fast-check';
import { withoutDelivery } from '@paggio/core/testing';
import { ReplayDto, toReplayTarget } from '../resources/replays/replays.dto';
import { operations } from '../resources/operations';
import { parse } from '../parse';
import { startGatewayServer, type GatewayServer } from '../testing';
import { problemsBySchema } from '../testing/conformance';
import { createDocument } from './document';

const file = join(__dirname, '../../../../docs/openapi.json');
const document = createDocument(operations, 'http://localhost:4400');
const full = process.env['PAGGIO_FULL'] === '1';

let server: GatewayServer;

beforeAll(async () => (server = await startGatewayServer(withoutDelivery, { health: false })));
afterAll(() => server.stop());

test('the document is valid OpenAPI 3.1 for an independent validator', async () => {
  const verdict = await new Validator().validate(JSON.parse(readFileSync(file, 'utf8')));
  expect(verdict).toMatchObject({ valid: true });
});

test('the committed document matches the operation table (npm run openapi)', () => {
  const committed = readFileSync(file, 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(document)));
});

test('the types of the answers match the committed document (npm run openapi)', () => {
  const types = join(__dirname, '../generated/wire-types.ts');
  const before = readFileSync(types, 'utf8');
  execFileSync(process.execPath, [join(__dirname, '../../../../scripts/api-types.mjs')]);
  expect(readFileSync(types, 'utf8')).toBe(before);
});

test("the served document lists what is served, with the server's own address [AUZ-27]", async () => {
  const { data } = await server.api().get('/openapi.json');
  const paths = Object.keys(document.paths).filter((path) => !path.startsWith('/health'));
  expect(Object.keys(data.paths)).toEqual(paths);
  expect(data.servers).toEqual([{ url: `http://127.0.0.1:${server.port}` }]);
  expect((await server.api().get('/health/live')).status).toBe(404);
  const api = server.api();
  const wrong: unknown[] = [];
  for (const [index, path] of paths.entries()) {
    const isListed = (method: string): boolean => method in (document.paths[path] ?? {});
    const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;
    const others = methods.filter((method) => !isListed(method));
    // Of the methods that a path does not have, the full check asks for all.
    const asked = full ? methods : [...methods.filter(isListed), others[index % others.length] as string];
    for (const method of asked) {
      const url = path.replaceAll(/\{[a-z_]+\}/g, 'x');
      // The answers are not read, because one of them does not end.
      const { status, data: body } = await api.request({ url, method, data: '{', responseType: 'stream' });
      (body as Readable).destroy();
      if ((status === 405) === isListed(method)) wrong.push([path, method, status]);
    }
  }
  expect(wrong).toEqual([]);
});

test('the document has the headers of requests and answers', () => {
  const operationAt = (path: string, method: string): any => (document.paths[path] as any)[method];
  const ingest = operationAt('/e/{endpoint_id}', 'post');
  const headers = ingest.parameters.filter((one: any) => one.in === 'header');
  expect(headers.map(({ name, required }: any) => [name, required === true])).toEqual([
    ['X-PJ-Timestamp', true],
    ['X-PJ-Signature', true],
    ['X-PJ-Event-Type', false],
    ['X-PJ-Correlation-ID', false],
    ['Idempotency-Key', false],
  ]);
  expect(ingest.requestBody.required).toBe(true);
  expect(operationAt('/api/v1/events/stream', 'get').parameters).toMatchObject([
    { name: 'Last-Event-ID', in: 'header' },
  ]);
  const namesOf = (path: string, method: string, status: number): string[] =>
    Object.keys(operationAt(path, method).responses[status].headers ?? {});
  expect(namesOf('/api/v1/endpoints', 'post', 201)).toEqual(expect.arrayContaining(['Location', 'X-RateLimit-Limit']));
  expect(namesOf('/api/v1/endpoints', 'get', 401)).toEqual(['WWW-Authenticate']);
  expect(namesOf('/api/v1/endpoints', 'get', 429)).toContain('Retry-After');
  expect(namesOf('/api/v1/endpoints', 'get', 503)).toEqual(['Retry-After']);
});

test('the document and the server accept the same forms of a replay', () => {
  const schema = (document.paths['/api/v1/events/{id}/replay'] as any).post.requestBody.content['application/json']
    .schema;
  const url = 'https://a.example/';
  const body = fc.record(
    {
      destination_url: fc.constant(url),
      environment: fc.constantFrom('original', 'staging', 'local', 'custom'),
      custom_url: fc.constant(url),
      customUrl: fc.constant(url),
      resign: fc.boolean(),
      include_credentials: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const isTaken = (value: object): boolean => {
    try {
      const target = toReplayTarget(parse(ReplayDto, value, 'body'));
      // The replay itself requires the URL.
      return !(target && 'environment' in target && target.environment === 'custom' && !target.customUrl);
    } catch {
      return false;
    }
  };
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(body, (value) => {
      const taken = isTaken(value);
      seen.add(taken);
      if ((problemsBySchema(schema, value).length === 0) !== taken) throw new Error(`taken: ${taken}`);
    }),
    // One that is accepted and one that is not, because chance may leave out either.
    { numRuns: full ? 500 : 200, examples: [[{}], [{ environment: 'custom' }]] },
  );
  expect(seen.size).toBe(2);
});

test('a body of notifications has to name a channel, in the document and in the server', async () => {
  const schema = (document.paths['/api/v1/notifications'] as any).put.requestBody.content['application/json'].schema;
  const bodies = [
    {},
    { failing_after_minutes: 5 },
    { slack: null },
    { discord: null },
    { slack: null, discord: null },
    { teams: null },
    { discord: null, teams: null },
    { slack: null, teams: null },
    { teams: null, other: null },
  ];
  for (const body of bodies) {
    const { status } = await server.api().put('/api/v1/notifications', body);
    expect([body, problemsBySchema(schema, body).length === 0]).toEqual([body, status === 200]);
  }
});

test('members that exclude each other are refused by the document and by the server', async () => {
  const bodyAt = (path: string, method: string): object =>
    (document.paths[path] as any)[method].requestBody.content['application/json'].schema;
  const api = server.api();
  const url = 'http://127.0.0.1:9/in';
  const { data: endpoint } = await api.post('/api/v1/endpoints', { name: 'apart', destination_url: url });
  const [{ id }] = endpoint.destinations;
  const certificate = readFileSync(join(__dirname, '../../../core/src/testing/tls/authority.pem'), 'utf8');
  const bodies: [string, string, object][] = [
    ...[{}, { url }, { destination_url: url }, { url, destination_url: url }, { url: null, destination_url: url }].map(
      (body): [string, string, object] => ['/api/v1/endpoints', 'post', { name: 'apart', ...body }],
    ),
    ...[[{ id }], [{ id, url }], [{ name: 'till' }], [{ url }], []].flatMap(
      (destinations): [string, string, object][] => [
        ['/api/v1/endpoints', 'post', { name: 'apart', destinations }],
        ['/api/v1/endpoints', 'post', { name: 'apart', destinations, url }],
        ['/api/v1/endpoints/{id}', 'patch', { destinations }],
        ['/api/v1/endpoints/{id}', 'patch', { destinations, destination_url: '' }],
      ],
    ),
    ...[
      { preset: 'quick', factor: 2 },
      { preset: 'standard-webhooks' },
      { preset: 'standard-webhooks', factor: 2 },
    ].map((retry): [string, string, object] => ['/api/v1/endpoints/{id}', 'patch', { retry }]),
    ...[{}, { certificate: null }, { certificate_authorities: certificate }, null].map(
      (tls): [string, string, object] => [
        '/api/v1/endpoints/{id}/destinations',
        'post',
        { url: 'https://127.0.0.1:9/in', tls },
      ],
    ),
    ...[{ event: 'a' }, { event: null, event_type: 'a' }, { event: 'a', event_type: 'a' }].map(
      (filter): [string, string, object] => ['/api/v1/replays', 'post', { filter, dry_run: true }],
    ),
    ...['Mozilla', 'X-Shop', '/data/shop', 'two words', '', null].map((order_by): [string, string, object] => [
      '/api/v1/endpoints/{id}',
      'patch',
      { order_by },
    ]),
    ...['2030-01-31', '2030-01-31T08:00:00Z', '2030-01-31T08:00:00', '1969-12-31T08:00:00Z'].map(
      (since): [string, string, object] => ['/api/v1/replays', 'post', { filter: { since }, dry_run: true }],
    ),
  ];
  const seen = new Set<boolean>();
  const differing: unknown[] = [];
  for (const [path, method, body] of bodies) {
    const { status } = await api.request({ method, url: path.replace('{id}', endpoint.id), data: body });
    const taken = status < 300;
    seen.add(taken);
    if ((problemsBySchema(bodyAt(path, method), body).length === 0) !== taken) differing.push([path, body, status]);
  }
  expect(differing).toEqual([]);
  expect(seen.size).toBe(2);
});

test('every operation has its own id and a summary that is a sentence', () => {
  for (const operation of operations)
    expect([operation.id, /^[A-Z].*\.$/.test(operation.summary)]).toEqual([operation.id, true]);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
});
