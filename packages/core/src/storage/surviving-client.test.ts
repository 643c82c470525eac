import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createTestDatabase, hostPool, type TestDatabase } from '../testing';
import { ConnectPause } from './connect-pause';
import { SurvivingClient, type OwnClientConfig } from './surviving-client';

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.drop());

test('a connection that cannot sign in is closed at once, and not by the time limit of PostgreSQL', async () => {
  const { hostname, port } = new URL(database.url);
  const sockets: Socket[] = [];
  const proxy = createServer((client) => {
    sockets.push(client.on('error', () => undefined));
    const server = connect(Number(port), hostname).on('error', () => undefined);
    client.pipe(server).pipe(client);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(database.url);
  url.hostname = '127.0.0.1';
  url.port = String((proxy.address() as AddressInfo).port);
  // The server asks for a password, and the client has no password.
  url.password = '';
  await expect(new SurvivingClient({ connectionString: url.href }).connect()).rejects.toThrow('password');
  expect(sockets.length).toBeGreaterThan(0);
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  proxy.close();
});

test('while a database refuses connections, simultaneous requests share one attempt to connect', async () => {
  let attempts = 0;
  const refusing = createServer((socket) => {
    attempts++;
    socket.destroy();
  });
  await once(refusing.listen(0, '127.0.0.1'), 'listening');
  refusing.unref();
  const { port } = refusing.address() as AddressInfo;
  const config: OwnClientConfig & { Client: typeof SurvivingClient; max: number } = {
    Client: SurvivingClient,
    connectionString: `postgres://paggio@127.0.0.1:${port}/paggio`,
    max: 2,
    pause: new ConnectPause(),
  };
  const pool = hostPool(config);
  const isRefused = (): Promise<boolean> =>
    pool.query('select 1').then(
      () => false,
      () => true,
    );
  const refused = await Promise.all(Array.from({ length: 500 }, isRefused));
  expect(new Set(refused)).toEqual(new Set([true]));
  // The pool has two connections, and a slow machine may need more than one pause for all requests.
  expect(attempts).toBeLessThan(50);
  await new Promise((done) => setTimeout(done, 110));
  const before = attempts;
  expect(await isRefused()).toBe(true);
  expect(attempts).toBe(before + 1);
  await pool.end();
  refusing.close();
});
