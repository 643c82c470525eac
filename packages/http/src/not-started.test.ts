import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeyText, createPaggio } from '@paggio/core';
import { createTestDatabase, testMasterKey } from '@paggio/core/testing';
import axios from 'axios';
import { createNodeHandler } from './index';

test('a webhook that arrives before Paggio has started gets 503, the app gets the missing call, and a retry succeeds', async () => {
  const database = await createTestDatabase();
  const paggio = createPaggio({ database: { url: database.url }, masterKey: testMasterKey });
  const faults: unknown[] = [];
  const handle = createNodeHandler(paggio, { health: true, onFault: (error) => faults.push(error) });
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = axios.create({ baseURL: base, validateStatus: () => true });
  const refusal = {
    code: 'NOT_STARTED',
    message: 'Paggio is not started',
    hint: 'Call await paggio.start() before the server listens.',
  };
  const webhook = await http.post('/api/webhook/some-slug', { a: 1 });
  expect([webhook.status, webhook.headers['retry-after'], webhook.data]).toEqual([
    503,
    '5',
    expect.objectContaining(refusal),
  ]);
  const listed = await http.get('/api/v1/endpoints', {
    headers: { authorization: `Bearer ${createKeyText('live')}` },
  });
  expect([listed.status, listed.data.code]).toEqual([503, 'NOT_STARTED']);
  expect((await http.get('/health')).data).toMatchObject({ status: 'unavailable', reason: 'not started' });
  expect(faults).toEqual([]);
  await new Promise((done) => server.close(done));
  await database.drop();
});
