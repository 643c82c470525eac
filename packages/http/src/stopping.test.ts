import { createServer } from 'node:http';
import { createKeyText } from '@paggio/core';
import { owner, startGateway } from '@paggio/core/testing';
import { createNodeHandler } from './index';
import { startBody } from './testing';

test('a host stops while senders are in the middle of a body, and asks them to send it again', async () => {
  const gateway = await startGateway();
  const { paggio } = gateway;
  const handle = createNodeHandler(paggio, { exclusive: true });
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const key = createKeyText('live');
  await paggio.keys.createFirst(owner.userId, key);
  const { endpoint } = await paggio.endpoints.create(owner, { name: 'slow' });
  const senders = [
    await startBody(server, { path: `/api/webhook/${endpoint.slug}` }),
    await startBody(server, { path: '/api/v1/endpoints', headers: [['Authorization', `Bearer ${key}`]] }),
  ];
  paggio.quiesce();
  await new Promise((done) => server.close(done));
  await gateway.stop();
  for (const { answer } of senders) {
    const text = await answer;
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/\r\nconnection: close\r\n/i);
    expect(text).toMatch(/\r\nretry-after: 5\r\n/i);
    expect(text).toContain('The server is stopping');
  }
});
