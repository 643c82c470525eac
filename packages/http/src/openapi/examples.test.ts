import { createHmac } from 'node:crypto';
import axios, { type AxiosResponse } from 'axios';
import { scopes } from '@paggio/core';
import { owner, Recorder, settled } from '@paggio/core/testing';
import { operations } from '../resources/operations';
import { startGatewayServer, type GatewayServer } from '../testing';
import { problemsBySchema, problemsOf } from '../testing/conformance';
import { createDocument } from './document';
import { examples } from './examples';
import { ids, SHOP } from './examples/example';
import type { JsonSchema } from './schema';
import { endingOperations } from '../testing/ending-operations';

const { components } = createDocument(operations, 'http://localhost:4400');

interface Objects {
  /** Real ids and addresses, by the placeholders of the examples. */
  real: Record<string, string>;
  secret: string;
}

let server: GatewayServer;
let shop: Recorder;
let shared: Objects | undefined;
/** The operation that has ended some of the objects. */
let stale: string | null = null;

beforeAll(async () => {
  shop = await Recorder.start();
  server = await startGatewayServer();
});

afterAll(async () => {
  await server.stop();
  await shop.stop();
});

/** Replaces the ids and addresses of the examples by real ones. */
function toShop(real: Readonly<Record<string, string>>): <T>(value: T) => T {
  return (value) =>
    value === undefined
      ? value
      : JSON.parse(
          Object.entries(real).reduce((text, [name, one]) => text.replaceAll(name, one), JSON.stringify(value)),
        );
}

async function send(url: string, body: object): Promise<string> {
  const { headers } = await axios.post(url, body, { headers: { 'user-agent': 'Example-Shop/2.1' } });
  return headers['paggio-event-id'] as string;
}

/** Creates real objects of every kind, by the placeholders of the examples. */
async function open(): Promise<Objects> {
  const api = server.api();
  const withoutIds = toShop({ [SHOP]: shop.url('') });
  const { verification, ...settings } = withoutIds(examples['endpoints.create']?.body) as Record<string, any>;
  const { data: payments } = await api.post('/api/v1/endpoints', { name: 'payments', verification });
  const second = { url: shop.url('/webhooks/second'), event_types: ['none'] };
  const { data: endpoint } = await api.post('/api/v1/endpoints', {
    ...settings,
    destinations: [...settings['destinations'], second],
  });
  const body = examples['ingest.signed']?.body as object;
  const event = await send(endpoint.webhook_url, body);
  await settled(server.paggio, owner, event);
  const { data: shown } = await api.get(`/api/v1/events/${event}`);
  for (let count = 0; count < 3; count++) await send(endpoint.webhook_url, { ...body, event_type: 'order.paid' });
  const { data: replay } = await api.post('/api/v1/replays', {
    filter: { endpoint_id: endpoint.id, event_type: 'order.paid' },
    rate_per_second: 1,
  });
  const refused = await axios.post(payments.webhook_url, body, { validateStatus: () => true });
  await api.put('/api/v1/notifications', { slack: { url: shop.url('/notices'), triggers: ['failed'] } });
  const real = {
    [ids.endpoint]: endpoint.id,
    [ids.payments]: payments.id,
    [ids.destination]: endpoint.destinations[0].id,
    [ids.event]: event,
    [ids.attempt]: shown.attempts[0].id,
    [ids.rejection]: refused.headers['paggio-rejection-id'] as string,
    [ids.replay]: replay.id,
    ...(await openKey()),
    ...(await openSession()),
    [SHOP]: shop.url(''),
  };
  return { real, secret: endpoint.secret };
}

const everything = { ...owner, scopes: new Set(scopes), keyId: null };

async function openKey(): Promise<Record<string, string>> {
  const { apiKey } = await server.paggio.admin.keys.create(everything, { name: 'till' });
  return { [ids.key]: apiKey.id };
}

async function openSession(): Promise<Record<string, string>> {
  await server.paggio.admin.sessions.open(everything);
  const { data: sessions } = await server.api().get('/api/v1/sessions');
  return { [ids.session]: sessions.data[0].id };
}

/** Makes new objects after an operation that ends some. Keys and sessions belong to no endpoint. */
async function renewed(id: string, before: Objects): Promise<Objects> {
  if (id.startsWith('keys.')) return { ...before, real: { ...before.real, ...(await openKey()) } };
  if (id.startsWith('sessions.')) return { ...before, real: { ...before.real, ...(await openSession()) } };
  return open();
}

test.each(operations.map((operation) => [operation.id, operation] as const))(
  'the example of %s gets the documented answer',
  async (id, operation) => {
    const example = examples[id];
    if (!example) throw new Error(`${id} has no example.`);
    if (stale !== null && shared) shared = await renewed(stale, shared);
    shared ??= await open();
    stale = endingOperations.has(id) ? id : null;
    const { real, secret } = shared;
    const replaced = toShop(real);
    const body = example.body === undefined ? undefined : JSON.stringify(replaced(example.body));
    const stop = new AbortController();
    const response = await axios.request({
      baseURL: `http://127.0.0.1:${server.port}`,
      method: operation.method,
      url: operation.path.replaceAll(/:([a-z_]+)/g, (_, name: string) => replaced(example.path)?.[name] ?? ''),
      params: replaced(example.query ?? {}),
      data: body,
      headers: {
        authorization: `Bearer ${server.key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...example.headers,
        // A signature is valid for five minutes, and the printed one is older.
        ...(id === 'ingest.signed' ? signed(secret, body ?? '') : {}),
      },
      validateStatus: () => true,
      ...(id === 'events.stream' ? { responseType: 'stream', signal: stop.signal } : {}),
    });
    if (id === 'events.stream') return endOfStream(response, stop);
    expect([response.status, response.data]).toEqual([example.status, response.data]);
    const type = String(response.headers['content-type']);
    expect(problemsOf(operation, response.status, type, response.data)).toEqual([]);
    const shape = operation.answers[example.status];
    if (shape === null || shape === undefined) return expect(example.answer).toBeUndefined();
    if ('mediaType' in shape)
      return expect([type.split(';')[0], typeof example.answer]).toEqual([shape.mediaType, 'string']);
    expect(problemsBySchema(shape.schema, example.answer)).toEqual([]);
    expect(keysOf(shape.schema, example.answer)).toEqual(keysOf(shape.schema, response.data));
  },
);

test('every parameter, header and member of an example belongs to its operation, and no required one is missing', () => {
  const { paths } = createDocument(operations, 'http://localhost:4400');
  for (const { id, method, path } of operations) {
    const described = (paths[path.replaceAll(/:([a-z_]+)/g, '{$1}')] as any)[method.toLowerCase()];
    const { path: inPath, query, headers, body } = examples[id] ?? {};
    const named: string[] = described.parameters.map(({ name }: any) => name);
    expect([id, named]).toEqual([id, expect.arrayContaining(Object.keys({ ...inPath, ...query, ...headers }))]);
    for (const one of described.parameters)
      if (one.required) expect([id, one]).toEqual([id, expect.objectContaining({ example: expect.any(String) })]);
    if (described.requestBody)
      expect([id, problemsBySchema(described.requestBody.content['application/json'].schema, body)]).toEqual([id, []]);
  }
  expect(Object.keys(examples).sort()).toEqual(operations.map(({ id }) => id).sort());
});

function signed(secret: string, body: string): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1000));
  return {
    'X-PJ-Timestamp': at,
    'X-PJ-Signature': createHmac('sha256', secret).update(`${at}.${body}`).digest('hex'),
  };
}

async function endOfStream(response: AxiosResponse, stop: AbortController): Promise<void> {
  expect([response.status, response.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const [first] = (await response.data[Symbol.asyncIterator]()
    .next()
    .then(({ value }: any) => [String(value)])) as string[];
  stop.abort();
  const printed = String(examples['events.stream']?.answer);
  expect(printed.slice(0, printed.indexOf('\n\n'))).toBe((first as string).slice(0, (first as string).indexOf('\n\n')));
  const data = /^data: (.*)$/m.exec(printed)?.[1] as string;
  expect(problemsBySchema({ $ref: '#/components/schemas/EventItem' }, JSON.parse(data))).toEqual([]);
}

/**
 * The names of all members that the schema has, without the contents of maps and payloads. Of a list, those of its first item.
 */
function keysOf(schema: JsonSchema, value: unknown): unknown {
  if (schema.$ref !== undefined)
    return keysOf(components.schemas[schema.$ref.split('/').at(-1) as string] as JsonSchema, value);
  if (value === null || typeof value !== 'object') return null;
  if (Array.isArray(value)) return typeof value[0] === 'object' ? [keysOf(schema.items ?? {}, value[0])] : [];
  if (schema.anyOf && !schema.properties) {
    const fitting = schema.anyOf.find((one) => problemsBySchema(one, value).length === 0);
    return keysOf(fitting ?? {}, value);
  }
  if (!schema.properties) return {};
  const { properties } = schema;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]): [string, unknown] => [name, keysOf(properties[name] ?? {}, inner)])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
