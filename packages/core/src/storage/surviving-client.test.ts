import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createTestDatabase, type TestDatabase } from '../testing';
import { SurvivingClient } from './surviving-client';

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.drop());

test('a connection that cannot sign in is closed at once, and not left to the time limit of PostgreSQL', async () => {
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
  // The server asks for a password, and the client has none to answer with.
  url.password = '';
  await expect(new SurvivingClient({ connectionString: url.href }).connect()).rejects.toThrow('password');
  expect(sockets.length).toBeGreaterThan(0);
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  proxy.close();
});
