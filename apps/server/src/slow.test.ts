import { connect, type Socket } from 'node:net';
import { createTestDatabase, query, testMasterKey } from '@paggio/core/testing';
import { ServerProcess } from './testing/server-process';

const EACH = 200;

test('ING-36: slow senders are cut off in time, hold up nobody and leave no trace', async () => {
  const database = await createTestDatabase();
  const server = await ServerProcess.start({
    DATABASE_URL: database.url,
    PAGGIO_MASTER_KEY: testMasterKey.toString('hex'),
  });
  const { data: endpoint } = await server.api().post('/api/v1/endpoints', { name: 'slow' });
  const port = Number(new URL(server.url).port);
  const path = `/api/webhook/${endpoint.slug}`;
  const startedAt = performance.now();

  /** Sends a beginning, then a byte now and then; resolves with the seconds after which it was cut off. */
  const drip = async (beginning: string, everyMs: number): Promise<number> => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(beginning);
    const timer = setInterval(() => socket.write('x'), everyMs);
    // Not `once` of node:events, which fails with a reset: that is an end like any other here.
    await new Promise((done) => socket.once('close', done));
    clearInterval(timer);
    return (performance.now() - startedAt) / 1000;
  };
  const headers = Array.from({ length: EACH }, () => drip(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-Slow: `, 5_000));
  const bodies = Array.from({ length: EACH }, () =>
    drip(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`, 1_000),
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
  // Two seconds are how often the server looks, and one is for a busy machine.
  expect(Math.max(...headerEnds)).toBeLessThan(18);
  expect(Math.max(...bodyEnds)).toBeLessThan(33);
  const [{ count }] = (await query(database.url, 'select count(*)::int as count from paggio.events')) as [
    { count: number },
  ];
  expect([count, normal > 100]).toEqual([normal, true]);
  await server.stop();
  server.remove();
  await database.drop();
}, 90_000);
