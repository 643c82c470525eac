import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratedDatabase, query, testMasterKey } from '@paggio/core/testing';
import { LimitedExpressAdapter } from './http-adapter';
import { LocalServer } from './testing/local-server';

/** The full check uses the server's real limits. Otherwise they are a tenth. */
const SCALE = process.env['PAGGIO_FULL'] ? 1 : 10;
/** The server checks every two seconds, whatever the limits are. The rest is for a busy machine. */
const SLACK = 10;
const EACH = process.env['PAGGIO_FULL'] ? 200 : 40;

test('slow senders are cut off in time, delay nobody and leave no trace [ING-36]', async () => {
  const database = await migratedDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'paggio-slow-'));
  const made = jest.spyOn(LimitedExpressAdapter.prototype, 'setHttpServer');
  const server = await LocalServer.start(
    { DATABASE_URL: database.url, PAGGIO_MASTER_KEY: testMasterKey.toString('hex') },
    directory,
  );
  const httpServer = made.mock.calls[0]?.[0] as Server;
  made.mockRestore();
  expect([httpServer.headersTimeout, httpServer.requestTimeout]).toEqual([15_000, 30_000]);
  httpServer.headersTimeout /= SCALE;
  httpServer.requestTimeout /= SCALE;
  const { data: endpoint } = await server.api().post('/api/v1/endpoints', { name: 'slow' });
  const port = Number(new URL(server.url).port);
  const path = `/api/webhook/${endpoint.slug}`;
  const startedAt = performance.now();

  /** Sends `beginning`, then a byte now and then. Resolves with the seconds until the connection was cut. */
  const drip = async (beginning: string, everyMs: number): Promise<number> => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(beginning);
    const timer = setInterval(() => socket.write('x'), everyMs);
    // `once` of node:events would fail with a reset, which is an ordinary end here.
    await new Promise((done) => socket.once('close', done));
    clearInterval(timer);
    return (performance.now() - startedAt) / 1000;
  };
  const headers = Array.from({ length: EACH }, () =>
    drip(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-Slow: `, 5_000 / SCALE),
  );
  const bodies = Array.from({ length: EACH }, () =>
    drip(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`, 2_000 / SCALE),
  );
  let over = false;
  const ends = Promise.all([Promise.all(headers), Promise.all(bodies)]).finally(() => (over = true));
  let normal = 0;
  while (!over) {
    const { status } = await server.api().post(path, { n: normal });
    expect(status).toBe(200);
    normal++;
    await new Promise((done) => setTimeout(done, 100));
  }
  const [headerEnds, bodyEnds] = await ends;
  expect(Math.max(...headerEnds)).toBeLessThan(15 / SCALE + SLACK);
  expect(Math.max(...bodyEnds)).toBeLessThan(30 / SCALE + SLACK);
  const [{ count }] = (await query(database.url, 'select count(*)::int as count from paggio.events')) as [
    { count: number },
  ];
  expect([count, normal > 10]).toEqual([normal, true]);
  await server.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
}, 90_000);
