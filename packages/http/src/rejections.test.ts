import { createHmac, randomBytes } from 'node:crypto';
import type { TelemetryEvent } from '@paggio/core';
import { owner, query, until, withoutDelivery } from '@paggio/core/testing';
import { Client } from 'pg';
import { request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

const MiB = 1024 * 1024;
const bodyLimit = 64 * MiB;
const full = process.env['PAGGIO_FULL'] === '1';

let server: GatewayServer;

beforeAll(async () => (server = await startGatewayServer({ ...withoutDelivery, bodyLimit })));
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

async function endpoint(secret = 'the right secret', name = 'refusing'): Promise<{ id: string; path: string }> {
  const verification = { provider: 'github', secrets: [secret] };
  const { data } = await server.api().post('/api/v1/endpoints', { name, verification });
  return { id: data.id, path: new URL(data.webhook_url).pathname };
}

function forge(path: string, body: Buffer, secret = 'a wrong secret', port = server.port): Promise<RawAnswer> {
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return request(port, { path, headers: [['X-Hub-Signature-256', `sha256=${signature}`]], body });
}

async function stored(endpointId: string): Promise<{ id: string; bytes: number }[]> {
  return query<{ id: string; bytes: number }>(
    server.gateway.database.url,
    `select id, octet_length(body) as bytes from paggio.rejections where endpoint_id = '${endpointId}' order by id desc`,
  );
}

const total = (rows: { bytes: number }[]): number => rows.reduce((sum, { bytes }) => sum + bytes, 0);
const idOf = ({ headers }: RawAnswer): string => headers['paggio-rejection-id'] as string;

test('an endpoint keeps 16 MiB of whole bodies; the oldest are removed first, and other endpoints keep theirs', async () => {
  const [to, other] = [await endpoint(), await endpoint()];
  const theirs = idOf(await forge(other.path, randomBytes(1_000)));
  const bodies = Array.from({ length: 6 }, (_, n) => Buffer.alloc(3 * MiB, n));
  const ids: string[] = [];
  for (const body of bodies) ids.push(idOf(await forge(to.path, body)));
  const rows = await stored(to.id);
  expect(rows.map(({ id }) => id)).toEqual(ids.slice(1).reverse());
  expect(rows.map(({ bytes }) => bytes)).toEqual(Array(5).fill(3 * MiB));
  const raw = await server.api().get(`/api/v1/rejections/${ids[5]}/raw`, { responseType: 'arraybuffer' });
  expect(Buffer.compare(raw.data, bodies[5] as Buffer)).toBe(0);
  expect(raw.headers['paggio-body-truncated']).toBeUndefined();
  // A small body fits without removing another.
  await forge(to.path, randomBytes(10));
  expect(await stored(to.id)).toHaveLength(6);
  expect((await stored(other.id)).map(({ id }) => id)).toEqual([theirs]);
});

test('many rejections at once from two processes leave at most 16 MiB and a hundred rows', async () => {
  const other = await startGatewayServer({ ...withoutDelivery, bodyLimit }, {}, server.gateway.database);
  const to = await endpoint();
  await Promise.all(
    Array.from({ length: full ? 16 : 6 }, (_, n) =>
      forge(to.path, Buffer.alloc(3 * MiB, n), undefined, n % 2 === 0 ? server.port : other.port),
    ),
  );
  expect(total(await stored(to.id))).toBe(15 * MiB);

  // Two that begin at the same moment have to see each other.
  const { url } = server.gateway.database;
  const gate = new Client({ connectionString: url });
  await gate.connect();
  await gate.query('begin; lock table paggio.rejections in share mode');
  const both = [server.port, other.port].map((port) => forge(to.path, Buffer.alloc(3 * MiB), undefined, port));
  const waiting = `select pid from pg_locks where not granted and locktype in ('relation', 'advisory')`;
  while (((await gate.query(waiting)).rowCount ?? 0) < 2);
  await gate.query('commit');
  await gate.end();
  await Promise.all(both);
  expect(total(await stored(to.id))).toBe(15 * MiB);

  await query(
    server.gateway.database.url,
    `insert into paggio.rejections (id, endpoint_id, user_id, mode, provider, reason, method, path, query, headers, body, received_at)
     select gen_random_uuid(), '${to.id}', 'user-1', 'live', 'github', 'wrong_signature', 'POST', '/', '', '', '', now() from generate_series(1, 200)`,
  );
  await forge(to.path, randomBytes(10), undefined, other.port);
  expect(await stored(to.id)).toHaveLength(100);
  await other.stop();
});

describe('a body of more than 16 MiB', () => {
  const heard: TelemetryEvent[] = [];
  const text = `{"text":"${'\u00e9'.repeat(8.1 * MiB)}"}`;
  // Byte 65,536 is the first half of a character.
  const body = Buffer.from(text);
  let id: string;
  let endpointId: string;

  beforeAll(async () => {
    server.paggio.subscribe((event) => heard.push(event));
    await endpoint('the secret of development', 'github-dev');
    const to = await endpoint();
    const answer = await forge(to.path, body, 'the secret of development');
    expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([401, 'INVALID_SIGNATURE']);
    id = idOf(answer);
    endpointId = to.id;
    expect(await stored(to.id)).toEqual([{ id, bytes: 65_536 }]);
  });

  test('is cut to its first 64 KiB and shown with that fact and its true size', async () => {
    const { data } = await server.api().get(`/api/v1/rejections/${id}`);
    expect(data).toMatchObject({ id, size: body.length, body_truncated: true, payload_format: 'text' });
    expect(text.startsWith(data.payload)).toBe(true);
    expect(Buffer.byteLength(data.payload)).toBe(65_535);
    const list = await server.api().get('/api/v1/rejections', { params: { endpoint_id: endpointId } });
    expect(list.data.data).toMatchObject([{ id, size: body.length, body_truncated: true }]);
    const raw = await server.api().get(`/api/v1/rejections/${id}/raw`, { responseType: 'arraybuffer' });
    expect(Buffer.compare(raw.data, body.subarray(0, 65_536))).toBe(0);
    expect(raw.headers).toMatchObject({
      'paggio-body-truncated': 'true',
      'paggio-body-size': String(body.length),
      'content-length': '65536',
    });
  });

  test('was explained before it was cut', async () => {
    const { data } = await server.api().get(`/api/v1/rejections/${id}/verification`);
    expect(data).toMatchObject({
      reason: 'wrong_signature',
      body_truncated: true,
      matches: [{ cause: 'other_secret', message: 'It matches the secret of endpoint "github-dev".' }],
    });
    expect(data.explanation).toContain('when the whole body arrived');
    const reported = await until(server.paggio, async () =>
      heard.find((one) => one.type === 'event.rejected' && one.rejectionId === id),
    );
    expect(reported).toMatchObject({
      size: body.length,
      explanation: 'It matches the secret of endpoint "github-dev".',
    });
  });
});

describe('a token in a body', () => {
  let to: { id: string; path: string };
  const refuse = (body: Buffer): Promise<RawAnswer> => request(server.port, { path: to.path, body });

  beforeAll(async () => {
    const verification = { provider: 'microsoft-graph', secrets: ['the right secret'] };
    const { data } = await server.api().post('/api/v1/endpoints', { name: 'graph', verification });
    to = { id: data.id, path: new URL(data.webhook_url).pathname };
  });

  test.each([
    ['the cut goes through', 101, '\u00e9'.repeat(100), 101],
    ['ends at the cut', 64, 'a'.repeat(64), 64],
    ['begins at the cut', 0, 'a'.repeat(64), 0],
    ['lies after the cut', -1_000, 'a'.repeat(64), 0],
  ])('that %s is hidden in the part that was kept', async (_, before, token, kept) => {
    const head = (padding: number): string => `{"value":[{"padding":"${'x'.repeat(padding)}","clientState":"`;
    const text = `${head(65_536 - before - head(0).length)}${token}","more":"${'y'.repeat(full ? 17 * MiB : 1_000)}"}]}`;
    const body = Buffer.from(text);
    const beginning = body.subarray(0, 65_536);
    // A small body is cut as if it were too large. Only the full check sends a large one.
    const admits = jest.spyOn(server.gateway.assembly.capture.throttle, 'admits');
    if (!full) admits.mockReturnValueOnce(65_536);
    const id = idOf(await refuse(body));
    admits.mockRestore();
    const hidden = Buffer.from(beginning).fill('*', 65_536 - kept);
    const [row] = await query<{ body: Buffer; sealed: string | null }>(
      server.gateway.database.url,
      `select body, sealed from paggio.rejections where id = '${id}'`,
    );
    expect(row?.body.equals(hidden)).toBe(true);
    expect(row?.sealed === null).toBe(kept === 0);
    const reader = await server.api().post('/api/v1/keys', { name: 'reader', scopes: ['read'] });
    const read = async (key: string): Promise<Buffer> => {
      const headers: [string, string][] = [['Authorization', `Bearer ${key}`]];
      return (await request(server.port, { method: 'GET', path: `/api/v1/rejections/${id}/raw`, headers })).body;
    };
    expect((await read(reader.data.key)).equals(hidden)).toBe(true);
    expect((await read(server.key)).equals(beginning)).toBe(true);
    const headers = { Authorization: `Bearer ${reader.data.key}` };
    const { data } = await server.api().get(`/api/v1/rejections/${id}`, { headers });
    expect(data).toMatchObject({ payload: hidden.toString(), body_truncated: true });
  });

  test('counts together with its sealed form towards the limit of its endpoint', async () => {
    const body = Buffer.from(`{"value":[{"clientState":"${'a'.repeat(3 * MiB)}"}]}`);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push(idOf(await refuse(body)));
    // Each takes 3 MiB of asterisks and 4 MiB sealed.
    expect((await stored(to.id)).map(({ id }) => id)).toEqual(ids.slice(1).reverse());
  });
});

test('a rejection from before bodies were cut is whole and has its own size', async () => {
  const to = await endpoint();
  const id = idOf(await forge(to.path, Buffer.from('{"a":1}')));
  await query(server.gateway.database.url, `update paggio.rejections set size = null where id = '${id}'`);
  const { data } = await server.api().get(`/api/v1/rejections/${id}`);
  expect(data).toMatchObject({ size: 7, body_truncated: false, payload: { a: 1 } });
  const why = await server.api().get(`/api/v1/rejections/${id}/verification`);
  expect(why.data).toMatchObject({ body_truncated: false, explanation: expect.not.stringContaining('beginning') });
});

test('a flood of forged requests leaves twenty rows, and every request is answered 401', async () => {
  const to = await endpoint();
  const answers = await Promise.all(
    Array.from({ length: full ? 60 : 30 }, (_, n) => forge(to.path, Buffer.from(`{"n":${n}}`))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  expect(await stored(to.id)).toHaveLength(20);
  const page = await server.paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null });
  expect(page.total).toBe(0);
});
