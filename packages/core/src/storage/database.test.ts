import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { migrations } from './migrations';
import { createTestDatabase, migratedDatabase, query, testMasterKey } from '../testing';
import { createPaggio } from '../index';
import { resolveConnection } from './connection';
import { Database } from './database';

/** A process that only serves the API opens three connections, and one with all roles five. The start is the same. */
const roles = ['api' as const];

test('eight processes that start at once migrate exactly once [CRA-20]', async () => {
  const database = await createTestDatabase();
  const replicas = Array.from({ length: 8 }, () =>
    createPaggio({ database: { url: database.url }, masterKey: testMasterKey, roles }),
  );
  await Promise.all(replicas.map((replica) => replica.start()));
  expect(await query(database.url, 'select count(*)::int as count from paggio.migrations')).toEqual([
    { count: migrations.length },
  ]);
  expect(await query(database.url, 'select count(*)::int as count from paggio.state')).toEqual([{ count: 1 }]);
  await Promise.all(replicas.map((replica) => replica.stop()));
  await database.drop();
}, 60_000);

test('when migrations are only checked, an outdated schema stops the start [EMB-11]', async () => {
  const database = await createTestDatabase();
  const options = { database: { url: database.url }, masterKey: testMasterKey, roles, migrations: 'check' as const };
  await expect(createPaggio(options).start()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('older than this version'),
  });
  expect(await query(database.url, `select to_regnamespace('paggio') as present`)).toEqual([{ present: null }]);
  const migrating = createPaggio({ ...options, migrations: 'on-start' });
  await migrating.start();
  await migrating.stop();
  const checking = createPaggio(options);
  await checking.start();
  await checking.stop();
  await database.drop();
});

test('a start with another master key is refused [AUZ-21]', async () => {
  const database = await migratedDatabase();
  const first = createPaggio({ database: { url: database.url }, masterKey: testMasterKey, roles });
  await first.start();
  await first.stop();
  const other = createPaggio({ database: { url: database.url }, masterKey: randomBytes(32) });
  await expect(other.start()).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('master key'),
  });
  await database.drop();
});

test('a guessable master key is reported at the start, and a random one is not', async () => {
  const reported: string[] = [];
  for (const masterKey of [Buffer.alloc(32), randomBytes(32)]) {
    const database = await migratedDatabase();
    const paggio = createPaggio({ database: { url: database.url }, masterKey, roles });
    paggio.subscribe(({ type }) => void reported.push(type));
    await paggio.start();
    await paggio.stop();
    await database.drop();
  }
  expect(reported.filter((type) => type === 'master_key.guessable')).toHaveLength(1);
});

test('a database server that may lose commits is reported at the start, and a durable one is not [CRA-10]', async () => {
  const test = await migratedDatabase();
  const [{ fsync } = { fsync: '' }] = await query<{ fsync: string }>(test.url, 'show fsync');
  const paggio = createPaggio({ database: { url: test.url }, masterKey: testMasterKey });
  const reported: unknown[] = [];
  paggio.subscribe((event) => event.type === 'durability.weak' && reported.push(event.settings));
  await paggio.start();
  await paggio.stop();
  // The cluster of a test run has fsync off, unless it is a cluster of the developer.
  expect(reported).toEqual(fsync === 'off' ? [expect.arrayContaining(['fsync = off'])] : []);
  await test.drop();
});

test("the host's tables and search path stay unchanged, and an acknowledgement waits for the disk", async () => {
  const test = await createTestDatabase();
  await query(
    test.url,
    `create table public.events (host int); alter database ${new URL(test.url).pathname.slice(1)} set synchronous_commit = off`,
  );
  const database = new Database({
    connection: resolveConnection({ connectionString: test.url }),
    migrations: 'on-start',
    transactions: null,
    transactionConnections: 1,
  });
  await database.open();
  const { rows } = await database.capture.query<{ synchronous_commit: string }>('show synchronous_commit');
  expect(rows).toEqual([{ synchronous_commit: 'on' }]);
  expect(
    await query(test.url, `select column_name from information_schema.columns where table_schema = 'public'`),
  ).toEqual([{ column_name: 'host' }]);
  await database.close();
  await test.drop();
});

test('a connection that is ready and ended by the server in one packet does not stop the host', async () => {
  const message = (type: string, body: string | Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(4 + body.length);
    return Buffer.concat([Buffer.from(type), length, Buffer.from(body as string)]);
  };
  const ended = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([message('R', Buffer.alloc(4)), message('Z', 'I'), ended])));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const connection = resolveConnection({ connectionString: `postgres://nobody@127.0.0.1:${port}/none` });
  const database = new Database({ connection, migrations: 'off', transactions: null, transactionConnections: 1 });
  await expect(database.capture.query('select 1')).rejects.toThrow();
  await expect(database.source.initialize()).rejects.toThrow();
  await expect(database.transactions.run('x', async () => undefined)).rejects.toThrow();
  await database.close();
  await new Promise((done) => server.close(done));
});
