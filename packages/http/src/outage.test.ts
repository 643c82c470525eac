import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeyText, createPaggio } from '@paggio/core';
import { owner, testMasterKey, until } from '@paggio/core/testing';
import { startEmbeddedDatabase } from '@paggio/embedded-database';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import { createNodeHandler } from './index';
import { client, close } from './testing/gateway-server';
import { request } from './testing/raw-http';

test('without a database every path answers 503 with Retry-After, and all works once it is back [AUZ-02, LOA-05, CRA-06]', async () => {
  const directory = throwAwayDirectory('paggio-outage-');
  copyClusterFiles(directory);
  let cluster = await startEmbeddedDatabase({ directory });
  const port = new URL(cluster.url).port;
  const paggio = createPaggio({ database: { url: cluster.url }, masterKey: testMasterKey });
  await paggio.start();
  const faults: unknown[] = [];
  const handle = createNodeHandler(paggio, { health: true, onFault: (error) => faults.push(error) });
  const server = createServer((incoming, response) => void handle(incoming, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const own = (server.address() as AddressInfo).port;
  const key = createKeyText('live');
  await paggio.admin.keys.createFirst(owner.userId, key);
  const { endpoint } = await paggio.admin.endpoints.create(owner, { name: 'x' });
  const send = (slug = endpoint.slug) => request(own, { path: `/api/webhook/${slug}`, body: '{}' });
  expect((await send()).status).toBe(200);

  await cluster.stop();
  for (const answer of [await send(), await send(), await send('another-unknown-slug')]) {
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      503,
      expect.objectContaining({ code: 'UNAVAILABLE' }),
    ]);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(5);
    expect(answer.body.toString()).not.toMatch(/select|insert|ECONN|127\.0\.0\.1/i);
  }
  const list = await client(own, key).get('/api/v1/events');
  expect([list.status, list.data.code, list.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '5']);
  // A text that cannot be a key is refused without a query.
  const impossible = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
  for (const wrong of [impossible, key.replace('live', 'test'), 'pk_live_x', key.slice(0, -1)])
    expect((await client(own, wrong).get('/api/v1/events')).status).toBe(401);
  for (const [method, path] of [
    ['post', '/api/v1/events'],
    ['post', `/e/${endpoint.id}`],
    ['get', '/api/v1/stats'],
  ] as const) {
    const answer = await client(own, key).request({ method, url: path, data: { event_type: 'a', payload: 1 } });
    expect([path, answer.status, answer.data.code]).toEqual([path, 503, 'UNAVAILABLE']);
  }
  expect((await client(own, key).get('/health')).status).toBe(503);
  expect((await client(own, key).get('/health/live')).status).toBe(200);

  cluster = await startEmbeddedDatabase({ directory, settings: { port } });
  // For a moment after a failed attempt to connect, requests are still refused at once.
  await until(paggio, async () => ((await send()).status === 200 ? true : undefined));
  expect((await client(own, key).get('/api/v1/events')).data.meta.total).toBe(2);
  expect((await client(own, key).get('/health')).status).toBe(200);
  await close(server);
  await paggio.stop();
  await cluster.stop();
  rmSync(directory, { recursive: true, force: true });
}, 60_000);
