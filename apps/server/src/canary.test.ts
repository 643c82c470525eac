import { createHmac, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { migratedDatabase, query, Recorder, type TestDatabase } from '@paggio/core/testing';
import { Canaries, WholeProduct } from '@paggio/http/testing';
import { redact } from './logger';
import { refuseWrites, refusing, tablesOf } from './testing/broken-tables';
import { ServerProcess } from './testing/server-process';

const isFull = process.env['PAGGIO_FULL'] !== undefined;

/** How many writes to each table fail. The more fail, the more statements of one operation fail. */
const REFUSALS = isFull ? 3 : 1;

/** How many tables are missing at the same time. */
const LOST_AT_ONCE = isFull ? 1 : 4;

/** The places of the canaries. None may appear in output, in answers that must not contain it, or in the audit log. */
const canaries = new Map<string, string>();
const canary = (place: string): string => {
  const text = `CANARY${randomBytes(16).toString('hex')}`;
  canaries.set(text, place);
  return text;
};

const found = (where: string): string[] =>
  [...canaries].filter(([text]) => where.includes(text)).map(([, place]) => place);

let database: TestDatabase;
let server: ServerProcess;

const printed = (): string => server.lines.join('\n') + server.errors.join('\n');

beforeAll(async () => {
  database = await migratedDatabase();
  const url = new URL(database.url);
  // The test server trusts everybody, so any password works.
  if (url.password === '') url.password = canary('database password');
  const masterKey = createHmac('sha256', canary('master key')).update('x').digest('hex');
  canaries.set(masterKey, 'master key');
  server = await ServerProcess.start({
    DATABASE_URL: url.href,
    PAGGIO_MASTER_KEY: masterKey,
    LOG_LEVEL: 'trace',
    PAGGIO_TRUSTED_PROXIES: '127.0.0.0/8',
  });
  canaries.set(server.apiKey, 'first-run key');
}, 60_000);

afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(found(printed())).toEqual([]);
  server.remove();
  await database.drop();
});

test('no secret is printed, whatever happens, at any log level [AUZ-22]', async () => {
  const recorder = await Recorder.start((_request, response, count) => {
    response.setHeader('set-cookie', `session=${canary('destination cookie')}`);
    response.writeHead(count % 2 ? 500 : 200).end(JSON.stringify({ token: canary('response body') }));
  });
  const api = server.api();
  const answers: string[] = [];
  const call = async (method: string, path: string, data?: unknown): Promise<any> => {
    const answer = await api.request({ method, url: path, data });
    if (answer.status >= 400) answers.push(JSON.stringify(answer.data));
    return answer.data;
  };
  const secret = `whsec_${canary('endpoint secret')}`;
  const github = canary('provider secret');
  const endpoint = await call('POST', '/api/v1/endpoints', {
    name: 'canary',
    secret,
    destination_url: `${recorder.url()}?token=${canary('destination query')}`,
    headers_json: { 'X-Api-Token': canary('destination header') },
    verification: { provider: 'github', secrets: [github] },
    retry: { schedule_seconds: [0] },
  });
  const key = await call('POST', '/api/v1/keys', { name: 'k' });
  canaries.set(key.key, 'new key');
  await call('PUT', '/api/v1/notifications', {
    slack: { url: recorder.url(`/services/${canary('slack webhook')}`), triggers: ['failed', 'delivered'] },
    teams: { url: recorder.url(`/workflows/invoke?sig=${canary('teams webhook')}`), triggers: ['failed', 'delivered'] },
  });
  for (const channel of ['slack', 'teams']) await call('POST', '/api/v1/notifications/test', { channel });
  canaries.set((await call('POST', `/api/v1/endpoints/${endpoint.id}/rotate-secret`, {})).secret, 'rotated secret');
  const { port } = new URL(server.url);
  const send = (path: string, body: string, headers: Record<string, string>): Promise<string> =>
    new Promise((done, fail) => {
      const sending = httpRequest({ port, path, method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk)).on('end', () => done(text));
      });
      sending.on('error', fail).end(body);
    });
  const body = JSON.stringify({ card: canary('payload') });
  const signature = `sha256=${createHmac('sha256', github).update(body).digest('hex')}`;
  const credentials = {
    authorization: `Bearer ${canary('sender authorization')}`,
    cookie: `sid=${canary('sender cookie')}`,
    'x-forwarded-for': '203.0.113.9',
  };
  const path = `/api/webhook/${endpoint.slug}?sig=${canary('request query')}`;
  await send(path, body, { ...credentials, 'x-hub-signature-256': signature, 'x-github-event': 'push' });
  // A refused request, one that is too large, a malformed one and an unknown one.
  answers.push(
    await send(path, body, { ...credentials, 'x-hub-signature-256': `sha256=${canary('wrong signature')}` }),
  );
  answers.push(await send(path, 'x'.repeat(1_100_000), credentials));
  answers.push(
    await send(`/e/${endpoint.id}`, '{', {
      authorization: `Bearer ${key.key}`,
      'x-pj-signature': canary('ingest signature'),
    }),
  );
  answers.push(
    await send('/api/v1/endpoints', `{"name": "${canary('broken body')}`, { authorization: `Bearer ${key.key}` }),
  );
  answers.push(await send('/api/v1/endpoints', '{}', { authorization: `Bearer pk_live_${canary('wrong key')}` }));
  answers.push(await send(`/api/v1/endpoints?api_key=${canary('key in the query')}`, '{}', {}));
  // All connections to the database are ended.
  await query(
    database.url,
    'select pg_terminate_backend(pid) from pg_stat_activity where application_name like $$paggio %$$ and datname = current_database()',
  );
  for (let n = 0; n < 5; n++) await call('GET', '/api/v1/events');
  await recorder.received(2);
  const audit = JSON.stringify(await query(database.url, 'select * from paggio.audit'));
  const metrics = JSON.stringify((await api.get('/metrics')).data);
  for (const event of ['event.captured', 'event.rejected', 'attempt.finished'])
    while (!printed().includes(event)) await new Promise((done) => setTimeout(done, 20));
  expect([canaries.size > 15, found(printed())]).toEqual([true, []]);
  expect(found(answers.join('\n'))).toEqual([]);
  expect(found(metrics)).toEqual([]);
  // The audit log may contain the URLs of replays and destinations, but nothing that authenticates.
  expect(found(audit).filter((place) => place !== 'destination query')).toEqual([]);
  // Secrets are sealed in the database, so a dump reveals none of them.
  const tables = ['endpoints', 'destinations', 'notifications', 'api_keys', 'state'];
  for (const table of tables) {
    const rows = JSON.stringify(await query(database.url, `select * from paggio.${table}`));
    expect([table, found(rows).filter((place) => place !== 'destination query')]).toEqual([table, []]);
  }
  await recorder.stop();
}, 60_000);

test('no value of a request or a row is printed when PostgreSQL refuses writes or a table is missing', async () => {
  const canaries = new Canaries();
  canaries.watch('first-run key', server.apiKey.slice('pk_live_'.length));
  const recorder = await Recorder.start((_request, response, count) => {
    response.writeHead(count % 2 ? 500 : 200).end(canaries.plant('response body'));
  });
  await refuseWrites(database.url, REFUSALS);
  const settings = { url: server.url, key: server.apiKey, destinationUrl: recorder.url(), canaries };
  const product = new WholeProduct(settings);
  await product.run();
  expect(WholeProduct.operations.filter((id) => !product.done.has(id))).toEqual([]);

  const tables = await tablesOf(database.url);
  const glances = Math.ceil(tables.length / LOST_AT_ONCE);
  for (let glance = 0; glance < glances; glance++) {
    // Tables that are far apart in the list, because a statement that uses two of them fails for one of them only.
    const lost = tables.filter((_, at) => at % glances === glance);
    await query(database.url, lost.map((table) => `alter table paggio.${table} rename to lost_${table}`).join(';'));
    await product.glance();
    await query(database.url, lost.map((table) => `alter table paggio.lost_${table} rename to ${table}`).join(';'));
  }
  const again = new WholeProduct(settings);
  // The more writes are refused, the later statements of an operation fail.
  if (isFull) await again.run();
  expect((await refusing(database.url)).length).toBeGreaterThan(15);

  const faults = server.lines
    .map((line) => JSON.parse(line) as { msg: string; err?: object })
    .filter(({ msg }) => msg === 'fault');
  expect(faults.length).toBeGreaterThan(40);
  expect(faults[0]?.err).toMatchObject({
    type: expect.any(String),
    message: expect.any(String),
    stack: expect.stringContaining('    at '),
  });
  const all = [...server.lines, ...server.errors];
  const leaks = canaries.foundIn(all.join('\n'));
  // Only to show the lines: it takes much longer.
  const leaking = leaks.length === 0 ? [] : all.filter((line) => canaries.foundIn(line).length > 0);
  expect([leaks, leaking]).toEqual([[], []]);
  expect(canaries.foundIn([...product.refusals, ...again.refusals].join('\n'))).toEqual([]);
  await recorder.stop();
}, 120_000);

test('a text that looks like a secret is replaced anywhere', () => {
  expect(
    redact('pk_live_abcdefgh12345678 whsec_abcdefgh1234 Authorization: Bearer abc.def postgres://u:p@ss@h/db'),
  ).toBe('pk_live_*** whsec_*** Authorization: Bearer *** postgres://u:***@h/db');
});
