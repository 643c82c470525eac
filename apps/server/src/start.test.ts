import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { MasterKeyFiles, scopes } from '@paggio/core';
import { migratedDatabase, query, Recorder, testMasterKey } from '@paggio/core/testing';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import axios from 'axios';
import { readEnvironment } from './environment';
import { failingStarts, type FailedStart } from './testing/failing-starts';
import { LocalServer } from './testing/local-server';
import { linesOf } from './testing/log-lines';
import { ServerProcess } from './testing/server-process';

const KILLS = process.env['PAGGIO_FULL'] ? 3 : 1;
/** How many webhooks arrive at the destination before each kill. Enough for some to be on their way at any moment. */
const LOAD = process.env['PAGGIO_FULL'] ? 200 : 40;
const DEFAULT_PORT = 4400;

let directory: string;
const masterKey = testMasterKey.toString('hex');
const NO_DATABASE = 'postgres://nobody:s3cret@127.0.0.1:1/none';

beforeEach(() => {
  directory = join(throwAwayDirectory('paggio-start-'), 'data');
});

afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

/** Starts that fail for a mistake in the environment, or because there is no database; each printed as text and as JSON. */
interface Failing {
  mistakes: FailedStart;
  noDatabase: FailedStart;
  mistakesAsJson: FailedStart;
  noDatabaseAsJson: FailedStart;
  /** Whether the starts with mistakes wrote to their data directory. */
  written: boolean;
  /** The exit code of the process, which ended by itself. */
  code: number | null;
}

const MISTAKES = {
  PORT: 'http',
  DATABASE_URL: 'mysql://x',
  PAGGIO_MASTER_KEY: 'short',
  PAGGIO_ROLES: 'capture,fly',
  PAGGIO_BODY_LIMIT: 'huge',
  PAGGIO_ALLOWED_NETWORKS: '10.0.0.0/99',
  PAGGIO_PUBLIC_URL: 'hooks',
  PAGGIO_INGEST_URL: 'https://in.example.com/path',
  LOG_LEVEL: 'loud',
  LOG_FORMAT: 'xml',
  PAGGIO_RETENTION: 'soon',
  PAGGIO_DIALECTS: 'esperanto',
  PAGGIO_API_RATE_LIMIT: 'fast',
  PAGGIO_CAPTURE_RATE_LIMIT: '0/1',
  PAGGIO_CAPTURE_RATE_LIMIT_PER_USER: '1/',
  PAGGIO_STORAGE_QUOTA_UNVERIFIED: 'much',
  PAGGIO_STORAGE_QUOTA_PER_ENDPOINT: '1KiB',
  PAGGIO_STORAGE_QUOTA_PER_USER: '-1',
};

let failed: Promise<Failing> | undefined;
const failing = (): Promise<Failing> => (failed ??= startFailing());

async function startFailing(): Promise<Failing> {
  const root = throwAwayDirectory('paggio-failing-');
  const [unused, used] = [join(root, 'unused'), join(root, 'used')];
  const { starts, code } = await failingStarts([
    { ...MISTAKES, PAGGIO_DATA_DIR: unused },
    { PAGGIO_DATA_DIR: used, DATABASE_URL: NO_DATABASE, PAGGIO_MASTER_KEY: masterKey },
    { PAGGIO_DATA_DIR: unused, LOG_FORMAT: 'json', PORT: 'http', LOG_LEVEL: 'loud' },
    { PAGGIO_DATA_DIR: used, LOG_FORMAT: 'json', PORT: '0', DATABASE_URL: NO_DATABASE },
  ]);
  const written = existsSync(unused);
  rmSync(root, { recursive: true, force: true });
  const [mistakes, noDatabase, mistakesAsJson, noDatabaseAsJson] = starts as [
    FailedStart,
    FailedStart,
    FailedStart,
    FailedStart,
  ];
  return { mistakes, noDatabase, mistakesAsJson, noDatabaseAsJson, written, code };
}

test('all mistakes in the environment are listed at once, and nothing is written', async () => {
  const { mistakes, written } = await failing();
  const output = mistakes.stdout + mistakes.stderr;
  expect(mistakes.code).toBe(1);
  for (const name of [
    'PORT',
    'DATABASE_URL',
    'PAGGIO_MASTER_KEY',
    'PAGGIO_ROLES',
    'PAGGIO_BODY_LIMIT',
    'PAGGIO_ALLOWED_NETWORKS',
    'PAGGIO_PUBLIC_URL',
    'PAGGIO_INGEST_URL',
    'LOG_LEVEL',
    'LOG_FORMAT',
    'PAGGIO_RETENTION',
    'PAGGIO_DIALECTS',
    'PAGGIO_API_RATE_LIMIT',
    'PAGGIO_CAPTURE_RATE_LIMIT',
    'PAGGIO_CAPTURE_RATE_LIMIT_PER_USER',
    'PAGGIO_STORAGE_QUOTA_UNVERIFIED',
    'PAGGIO_STORAGE_QUOTA_PER_ENDPOINT',
    'PAGGIO_STORAGE_QUOTA_PER_USER',
  ]) {
    expect(output).toContain(`- ${name}`);
  }
  expect(written).toBe(false);
}, 60_000);

test('production requires an explicit master key [AUZ-19]', () => {
  expect(readEnvironment({ PAGGIO_DATA_DIR: directory, NODE_ENV: 'production' }, false)).toEqual([
    expect.stringContaining('PAGGIO_MASTER_KEY is required when NODE_ENV=production'),
  ]);
});

test('an empty value is like none, sizes have units, and loopback is allowed except in production', () => {
  const read = (env: NodeJS.ProcessEnv): any => readEnvironment({ ...env, PORT: '', DATABASE_URL: '' }, false);
  expect(read({})).toMatchObject({
    port: 4400,
    portIsDefault: true,
    host: '127.0.0.1',
    databaseUrl: null,
    bodyLimit: 1_048_576,
    allowedNetworks: ['127.0.0.0/8', '::1/128'],
    logFormat: 'json',
    localUrl: 'http://localhost:3000',
    retentionMs: null,
    dedupWindowMs: 259_200_000,
    dialects: [],
    apiRateLimit: { perSecond: 100, burst: 500 },
    ingestRateLimit: null,
    captureRateLimit: { perSecond: 20_000, burst: 200_000 },
    captureRateLimitPerUser: { perSecond: 40_000, burst: 400_000 },
    storageQuotaUnverified: 10 * 1024 ** 3,
    storageQuotaPerEndpoint: null,
    storageQuotaPerUser: null,
  });
  expect(
    read({
      PAGGIO_RETENTION: '30d',
      PAGGIO_DEDUP_WINDOW: '7d',
      PAGGIO_DIALECTS: 'bags, promptjang',
      PAGGIO_API_RATE_LIMIT: 'none',
      PAGGIO_INGEST_RATE_LIMIT: '50/60',
      PAGGIO_CAPTURE_RATE_LIMIT: '1000/10000',
      PAGGIO_CAPTURE_RATE_LIMIT_PER_USER: 'none',
      PAGGIO_STORAGE_QUOTA_UNVERIFIED: 'none',
      PAGGIO_STORAGE_QUOTA_PER_ENDPOINT: '500MB',
      PAGGIO_STORAGE_QUOTA_PER_USER: '2 TiB',
    }),
  ).toMatchObject({
    retentionMs: 30 * 86_400_000,
    dedupWindowMs: 7 * 86_400_000,
    dialects: ['bags', 'promptjang'],
    apiRateLimit: null,
    ingestRateLimit: { perSecond: 50, burst: 60 },
    captureRateLimit: { perSecond: 1_000, burst: 10_000 },
    captureRateLimitPerUser: null,
    storageQuotaUnverified: null,
    storageQuotaPerEndpoint: 500_000_000,
    storageQuotaPerUser: 2 * 1024 ** 4,
  });
  expect(
    read({ PAGGIO_BODY_LIMIT: '5MB', PAGGIO_ALLOWED_NETWORKS: '10.0.0.0/8, fd00::/8', PAGGIO_ROLES: 'api,deliver' }),
  ).toMatchObject({ bodyLimit: 5_000_000, allowedNetworks: ['10.0.0.0/8', 'fd00::/8'], roles: ['api', 'deliver'] });
  expect(read({ PAGGIO_ALLOWED_NETWORKS: 'none' }).allowedNetworks).toEqual([]);
  expect(read({})).toMatchObject({ allowedPorts: [], pauseFailingAfterHours: 120 });
  expect(read({ PAGGIO_ALLOWED_PORTS: '6379, 22', PAGGIO_PAUSE_FAILING_AFTER_HOURS: 'never' })).toMatchObject({
    allowedPorts: [6379, 22],
    pauseFailingAfterHours: null,
  });
  expect(read({ PAGGIO_NAT64_PREFIXES: '64:ff9b:1::/48, 2001:db8:64::/96' })).toMatchObject({
    nat64Prefixes: ['64:ff9b:1::/48', '2001:db8:64::/96'],
  });
  expect(read({ PAGGIO_NAT64_PREFIXES: '64:ff9b:1::/50,10.0.0.0/32' })).toEqual([
    'PAGGIO_NAT64_PREFIXES: "64:ff9b:1::/50" is not an IPv6 network of 32, 40, 48, 56, 64 or 96 bits.',
    'PAGGIO_NAT64_PREFIXES: "10.0.0.0/32" is not an IPv6 network of 32, 40, 48, 56, 64 or 96 bits.',
  ]);
  const authority = join(__dirname, '../../../packages/core/src/testing/tls/authority.pem');
  expect(
    read({
      PAGGIO_EGRESS_PROXY: 'http://u:p@proxy:3128',
      PAGGIO_EGRESS_PROXY_TARGET: 'name',
      PAGGIO_CA_FILE: authority,
      HTTPS_PROXY: 'x',
    }),
  ).toMatchObject({
    egressProxy: 'http://u:p@proxy:3128',
    egressProxyTarget: 'name',
    certificateAuthorities: [readFileSync(authority, 'utf8')],
    unusedProxies: [],
  });
  expect(read({ NODE_EXTRA_CA_CERTS: authority }).certificateAuthorities).toEqual([readFileSync(authority, 'utf8')]);
  expect(read({ NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }).certificateAuthorities).toEqual([]);
  expect(read({ HTTPS_PROXY: 'http://proxy:3128', all_proxy: 'http://proxy:3128', HTTP_PROXY: '' })).toMatchObject({
    egressProxy: null,
    unusedProxies: ['HTTPS_PROXY', 'all_proxy'],
  });
  expect(
    read({
      PAGGIO_EGRESS_PROXY: 'socks5://u:s3cret@proxy',
      PAGGIO_EGRESS_PROXY_TARGET: 'ip',
      PAGGIO_CA_FILE: '/nowhere/ca.pem,/dev/null',
    }),
  ).toEqual([
    'PAGGIO_EGRESS_PROXY must be the http or https URL of a proxy, such as http://user:password@proxy.example.com:3128.',
    'PAGGIO_EGRESS_PROXY_TARGET must be address or name.',
    'PAGGIO_CA_FILE: /nowhere/ca.pem cannot be read.',
    'PAGGIO_CA_FILE: /dev/null contains no PEM certificates (-----BEGIN CERTIFICATE-----).',
  ]);
  expect(read({ PAGGIO_DEDUP_WINDOW: '31d' })).toEqual([
    'PAGGIO_DEDUP_WINDOW must be a duration from one hour to 30 days, such as 72h or 7d.',
  ]);
  expect(read({ PAGGIO_ALLOWED_PORTS: '0', PAGGIO_PAUSE_FAILING_AFTER_HOURS: 'soon' })).toEqual([
    'PAGGIO_ALLOWED_PORTS must be a list of port numbers.',
    'PAGGIO_PAUSE_FAILING_AFTER_HOURS must be a number of hours from 1 to 8760, or never.',
  ]);
  expect(read({ NODE_ENV: 'production', PAGGIO_MASTER_KEY: masterKey })).toMatchObject({
    allowedNetworks: [],
    masterKey: testMasterKey,
  });
});

test('without PAGGIO_ALLOWED_NETWORKS loopback is a destination only if the server is reachable from this machine only', () => {
  const networks = (env: NodeJS.ProcessEnv): unknown =>
    (readEnvironment({ PAGGIO_MASTER_KEY: masterKey, ...env }, false) as { allowedNetworks: string[] }).allowedNetworks;
  const loopback = ['127.0.0.0/8', '::1/128'];
  for (const HOST of ['', '127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', 'localhost', 'LocalHost'])
    expect([HOST, networks({ HOST })]).toEqual([HOST, loopback]);
  for (const HOST of ['0.0.0.0', '::', '192.168.1.5', '10.0.0.1', 'fe80::1', 'my-machine', 'localhost.example.com'])
    expect([HOST, networks({ HOST })]).toEqual([HOST, []]);
  expect(networks({ HOST: '0.0.0.0', PAGGIO_ALLOWED_NETWORKS: '127.0.0.0/8' })).toEqual(['127.0.0.0/8']);
  expect(networks({ HOST: '127.0.0.1', PAGGIO_ALLOWED_NETWORKS: 'none' })).toEqual([]);
  expect(networks({ HOST: '127.0.0.1', NODE_ENV: 'production' })).toEqual([]);
});

test('the start says once that a proxy in the environment is not used', async () => {
  const { text } = (await killUnderLoad()).again;
  const said = text.split('\n').filter((line) => line.includes('_PROXY'));
  expect(said.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      level: 40,
      msg: 'Paggio ignores HTTPS_PROXY: outgoing requests use no proxy',
      hint: expect.stringContaining('PAGGIO_EGRESS_PROXY'),
    }),
  ]);
  expect(text).not.toContain('s3cret');
}, 120_000);

test('an unreachable database is a clear error', async () => {
  const { noDatabase } = await failing();
  expect(noDatabase.code).toBe(1);
  expect(noDatabase.stdout + noDatabase.stderr).toMatch(
    /Paggio cannot start: The database does not answer: .*\n {2}Check the database URL/,
  );
}, 60_000);

test('a start that fails does not print the database password [AUZ-22]', async () => {
  const { noDatabase } = await failing();
  const output = noDatabase.stdout + noDatabase.stderr;
  expect([noDatabase.code, output]).toEqual([1, expect.not.stringContaining('s3cret')]);
  expect(output).not.toContain(masterKey);
}, 60_000);

test('a start that fails prints one JSON line with LOG_FORMAT=json', async () => {
  const { mistakesAsJson, noDatabaseAsJson, code } = await failing();
  for (const [start, message] of [
    [mistakesAsJson, /^Paggio cannot start:\n {2}- PORT must be .*\n {2}- LOG_LEVEL/],
    [noDatabaseAsJson, /^Paggio cannot start: The database does not answer: .*\n {2}Check/],
  ] as const) {
    expect([start.code, linesOf(start.stderr)]).toEqual([
      1,
      [expect.objectContaining({ level: 60, msg: expect.stringMatching(message) })],
    ]);
    linesOf(start.stdout);
    expect(start.stdout + start.stderr).not.toContain('s3cret');
  }
  // The last start is also the end of the process.
  expect(code).toBe(1);
}, 60_000);

test('a requested port in use is a clear error, and a default port in use is replaced by another', async () => {
  const database = await migratedDatabase();
  const blocker = createServer();
  await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
  const { port } = blocker.address() as AddressInfo;
  await expect(LocalServer.start({ DATABASE_URL: database.url, PORT: String(port) }, directory)).rejects.toMatchObject({
    name: 'StartError',
    message: `Port ${port} is already in use.`,
    hint: expect.any(String),
  });
  blocker.close();
  await database.drop();
  expect((await killUnderLoad()).again.port).toBeGreaterThan(DEFAULT_PORT);
}, 120_000);

test('a damaged data directory is a clear error and stays as it was', async () => {
  mkdirSync(join(directory, 'postgres'), { recursive: true });
  writeFileSync(join(directory, 'postgres', 'rubbish'), 'x');
  writeFileSync(join(directory, 'master-key'), 'rubbish');
  await expect(LocalServer.start({}, directory)).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('master-key is damaged'),
    hint: expect.stringMatching(/^Restore it/),
  });
  rmSync(join(directory, 'master-key'));
  await expect(LocalServer.start({}, directory)).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('is not a database: PG_VERSION is missing'),
    hint: expect.stringMatching(/^Restore the directory/),
  });
  expect(readdirSync(join(directory, 'postgres'))).toEqual(['rubbish']);
});

/**
 * The state of a server on its embedded database after it was killed under load, and after the next start. The last start
 * is in production, with the default port in use and with a proxy in the environment.
 */
interface Killed {
  fresh: { keyFileMode: number; key: string; keys: unknown; metrics: number; endpoints: unknown; events: number };
  again: {
    key: string;
    port: number;
    text: string;
    code: number | null;
    demo: unknown;
    databaseFiles: string[];
    databaseLog: string;
  };
  firstEventId: string;
  databaseOutlived: boolean;
  acknowledged: ReadonlySet<string>;
  delivered: ReadonlySet<string>;
  stored: ReadonlySet<string>;
}

let killed: Promise<Killed> | undefined;
const killUnderLoad = (): Promise<Killed> => (killed ??= killAndRestart());

async function killAndRestart(): Promise<Killed> {
  const root = throwAwayDirectory('paggio-killed-');
  const directory = join(root, 'data');
  // Only the full check makes them with the server. The embedded database has its own tests of that.
  if (!process.env['PAGGIO_FULL']) copyClusterFiles(directory);
  const recorder = await Recorder.start();
  const blocker = createServer();
  // If another program has the port, it is in use anyway.
  await new Promise<void>((done) => blocker.once('error', () => done()).listen(DEFAULT_PORT, '127.0.0.1', done));
  let server = await ServerProcess.start({}, directory);
  const { data: endpoints } = await server.api().get('/api/v1/endpoints');
  const fresh = {
    keyFileMode: statSync(join(directory, 'api-key')).mode & 0o777,
    key: server.apiKey,
    keys: (await server.api().get('/api/v1/keys')).data.data as unknown,
    metrics: (await server.api().get('/metrics')).status,
    endpoints: endpoints.data as unknown,
    events: (await server.api().get('/api/v1/events')).data.meta.total as number,
  };
  const demo = new URL(endpoints.data[0].webhook_url as string).pathname;
  const first = await axios.post(server.url + demo, '{"type":"hello.world"}');
  expect(first.data).toEqual({ received: true });
  const firstEventId = first.headers['paggio-event-id'] as string;

  const { data: endpoint } = await server
    .api()
    .post('/api/v1/endpoints', { name: 'killed', destination_url: recorder.url(), concurrency: 50 });
  const path = new URL(endpoint.webhook_url as string).pathname;
  const acknowledged = new Set<string>();
  let databaseOutlived = true;
  for (let kill = 0; kill < KILLS; kill++) {
    let alive = true;
    const senders = Array.from({ length: 8 }, async () => {
      while (alive) {
        const answer = await axios.post(server.url + path, '{}').catch(() => undefined);
        if (answer?.status === 200) acknowledged.add(answer.headers['paggio-event-id'] as string);
      }
    });
    await recorder.received(recorder.requests.length + LOAD);
    await server.stop('SIGKILL');
    alive = false;
    await Promise.all(senders);
    databaseOutlived &&= existsSync(join(directory, 'postgres', 'postmaster.pid'));
    server = await ServerProcess.start(kill === KILLS - 1 ? production(directory) : {}, directory);
  }
  blocker.close();
  // The dead server's leases end after 30 s. The test need not wait for that.
  const database = databaseUrl(directory);
  await query(database, `update paggio.deliveries set due_at = now() where state = 'pending'`);
  for (let round = 0; round < 400; round++) {
    const { data } = await server.api().get('/api/v1/events', { params: { status: 'pending', limit: 1 } });
    if (data.meta.total === 0) break;
    await new Promise((done) => setTimeout(done, 25));
  }
  const stored = await query<{ id: string }>(database, 'select id from paggio.events');
  const { data: event } = await server.api().get(`/api/v1/events/${firstEventId}`);
  const key = server.apiKey;
  const code = await server.stop();
  await recorder.stop();
  const again = {
    key,
    port: Number(new URL(server.url).port),
    text: server.lines.join('\n'),
    code,
    demo: event as unknown,
    databaseFiles: readdirSync(join(directory, 'postgres')),
    databaseLog: readFileSync(join(directory, 'postgres.log'), 'utf8'),
  };
  rmSync(root, { recursive: true, force: true });
  return {
    fresh,
    again,
    firstEventId,
    databaseOutlived,
    acknowledged,
    delivered: new Set(recorder.requests.map((request) => request.headers['webhook-id'] as string)),
    stored: new Set(stored.map(({ id }) => id)),
  };
}

/** What an operator sets to go on in production with what the first start made. */
function production(directory: string): Record<string, string> {
  return {
    NODE_ENV: 'production',
    PORT: '',
    PAGGIO_MASTER_KEY: readFileSync(join(directory, 'master-key'), 'utf8').trim(),
    PAGGIO_ALLOWED_NETWORKS: '127.0.0.0/8',
    HTTPS_PROXY: 'http://u:s3cret@proxy:3128',
  };
}

/** The URL with which the server itself connects. */
function databaseUrl(directory: string): string {
  const port = readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[3];
  const password = readFileSync(join(directory, 'paggio.password'), 'utf8').trim();
  return `postgres://paggio:${password}@127.0.0.1:${port}/postgres`;
}

test('the embedded database survives a first run, a kill -9 of the server and a restart, and stops cleanly', async () => {
  const { fresh, again, firstEventId, databaseOutlived } = await killUnderLoad();
  expect(fresh).toMatchObject({
    keyFileMode: 0o600,
    // The first key has every scope, because the operator makes all other keys with it.
    keys: [{ name: 'first run', scopes }],
    metrics: 200,
    endpoints: [{ name: 'demo', destination_url: null }],
    events: 0,
  });
  expect(databaseOutlived).toBe(true);
  expect(again.key).toBe(fresh.key);
  expect(again.demo).toMatchObject({ id: firstEventId, event_type: 'hello.world' });
  expect(again.text).toContain('(already running)');
  // The key is in its file only, and not in the output.
  expect(again.text).not.toContain(fresh.key);
  expect(again.code).toBe(0);
  expect(again.databaseFiles).not.toContain('postmaster.pid');
  expect(again.databaseLog).toContain('database system is shut down');
}, 120_000);

test('events acknowledged before a kill -9 under load are there after the next start, and are delivered [CRA-02]', async () => {
  const { acknowledged, delivered, stored } = await killUnderLoad();
  expect(acknowledged.size).toBeGreaterThan(0.75 * LOAD * KILLS);
  expect([...acknowledged].filter((id) => !delivered.has(id))).toEqual([]);
  // Nothing was delivered that is not stored.
  expect([...delivered].filter((id) => !stored.has(id))).toEqual([]);
}, 120_000);

test('a later start makes no key, and warns if the first key is valid or none is', async () => {
  const database = await migratedDatabase();
  const env = { DATABASE_URL: database.url, PAGGIO_MASTER_KEY: masterKey, NODE_ENV: 'production' };
  const start = async (): Promise<{ server: LocalServer; warnings: string[] }> => {
    const server = await LocalServer.start(env, directory);
    server.output.keys(server.running, true);
    return { server, warnings: server.output.notes.flatMap(({ level, message }) => (level === 'warn' ? message : [])) };
  };
  const file = join(directory, 'api-key');
  const inFile = 'The API key of the first run is still valid and in the file api-key';

  const fresh = await start();
  const first = fresh.server.apiKey;
  const made = await fresh.server.api().post('/api/v1/keys', { name: 'own', scopes: ['admin', 'read'] });
  const [{ id }] = (await fresh.server.api().get('/api/v1/keys')).data.data.filter(
    ({ name }: { name: string }) => name === 'first run',
  );
  expect((await fresh.server.api().delete(`/api/v1/keys/${id}`)).status).toBe(204);
  await fresh.server.stop();
  const quiet = await start();
  expect(readFileSync(file, 'utf8').trim()).toBe(first);
  await quiet.server.stop();
  rmSync(file);
  await query(database.url, 'update paggio.api_keys set revoked_at = now() where revoked_at is null');
  const none = await start();
  expect(existsSync(file)).toBe(false);
  expect(await query(database.url, 'select id from paggio.api_keys')).toHaveLength(2);
  expect((await none.server.api(made.data.key as string).get('/api/v1/keys')).status).toBe(401);
  await none.server.stop();
  expect([fresh, quiet, none].map(({ warnings }) => warnings)).toEqual([[inFile], [], ['No API key is valid']]);
  const printed = (await killUnderLoad()).again.text.split('\n').filter((line) => line.includes('"level":40'));
  expect(printed.filter((line) => line.includes('API key'))).toEqual([expect.stringContaining(inFile)]);
  await database.drop();
}, 120_000);

test('a new master key in the data directory applies after a restart, and the old one is removed once it is not needed', async () => {
  const database = await migratedDatabase();
  const start = (): Promise<LocalServer> => LocalServer.start({ DATABASE_URL: database.url }, directory);
  const server = await start();
  const { data: endpoint } = await server
    .api()
    .post('/api/v1/endpoints', { name: 'kept', headers_json: { 'X-Own': 'value' } });
  await server.stop();
  const { current: old } = new MasterKeyFiles(directory).keys();
  new MasterKeyFiles(directory).renew();
  const again = await start();
  while (existsSync(join(directory, 'master-key.previous'))) await new Promise((done) => setTimeout(done, 25));
  const { data } = await again.api().get(`/api/v1/endpoints/${endpoint.id}/secret`);
  expect(data.secret).toBe(endpoint.secret);
  await again.stop();
  const last = await start();
  expect((await last.api().get(`/api/v1/endpoints/${endpoint.id}`)).data.headers_json).toEqual({ 'X-Own': 'value' });
  await last.stop();
  writeFileSync(join(directory, 'master-key'), old.toString('base64'));
  await expect(start()).rejects.toMatchObject({
    name: 'StartError',
    message: expect.stringContaining('This database was set up with another master key'),
  });
  await database.drop();
}, 120_000);

test('previous master keys are a list, an empty list is like none, and each key is checked', () => {
  const read = (env: NodeJS.ProcessEnv): any => readEnvironment(env, false);
  const keys = [randomBytes(32), randomBytes(32)];
  const previous = keys.map((key) => key.toString('base64')).join(', ');
  const env = { PAGGIO_MASTER_KEY: masterKey };
  expect(read({ ...env, PAGGIO_MASTER_KEY_PREVIOUS: previous }).previousMasterKeys).toEqual(keys);
  expect(read({ ...env, PAGGIO_MASTER_KEY_PREVIOUS: '' }).previousMasterKeys).toEqual([]);
  expect(read({ ...env, PAGGIO_MASTER_KEY_PREVIOUS: `short,${masterKey}` })).toEqual([
    expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS: key 1'),
    expect.stringContaining('PAGGIO_MASTER_KEY_PREVIOUS: key 2 is the current one'),
  ]);
  for (const guessable of ['0'.repeat(64), 'ab'.repeat(32)]) {
    const production = { NODE_ENV: 'production', PAGGIO_MASTER_KEY: guessable };
    expect(read(production)).toEqual([expect.stringContaining('anybody can guess')]);
    expect(read({ ...production, NODE_ENV: 'test' }).masterKey).toEqual(Buffer.from(guessable, 'hex'));
  }
});
