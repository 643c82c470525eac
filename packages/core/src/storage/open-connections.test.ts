import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createTestDatabase, query, startGateway, type TestDatabase } from '../testing';
import { OpenConnections } from './open-connections';
import { SurvivingClient, type OwnClientConfig } from './surviving-client';

let database: TestDatabase;
beforeAll(async () => (database = await createTestDatabase()));
afterAll(() => database.drop());

/** A client of ours takes the password only from its own setting. */
const config = (): OwnClientConfig => ({
  connectionString: database.url,
  password: decodeURIComponent(new URL(database.url).password),
});

test('a gateway that has stopped has no session left on the server, however slowly they end', async () => {
  const end = Reflect.get(Client.prototype, 'end');
  const slow = jest.spyOn(Client.prototype, 'end').mockImplementation(function (this: Client, done) {
    const ended = sleep(50).then(() => Reflect.apply(end, this, []));
    if (done) void ended.then(() => done(null as never));
    return ended;
  });
  const gateway = await startGateway();
  const left = `select 1 from pg_stat_activity where datname = '${new URL(gateway.database.url).pathname.slice(1)}'`;
  expect(await query(database.url, left)).not.toEqual([]);
  await gateway.paggio.stop();
  expect(await query(database.url, left)).toEqual([]);
  slow.mockRestore();
  await gateway.database.drop();
});

test('connections that do not say that they have closed are waited for only until the limit', async () => {
  const open = new OpenConnections();
  await open.closed(60_000);
  const client = new SurvivingClient({ ...config(), open });
  await client.connect();
  const startedAt = performance.now();
  await open.closed(20);
  expect(performance.now() - startedAt).toBeGreaterThan(15);
  const all = open.closed(60_000);
  await client.end();
  await all;
});

test('a connection that failed is not waited for', async () => {
  const open = new OpenConnections();
  const client = new SurvivingClient({ ...config(), password: 'wrong', open });
  await expect(client.connect()).rejects.toThrow();
  await open.closed(60_000);
});
