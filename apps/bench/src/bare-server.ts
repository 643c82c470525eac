import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Shows the limit of one process: it reads the body, checks an HMAC over it, and answers. Nothing is stored.
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const digest = createHmac('sha256', 'benchmark secret').update(Buffer.concat(chunks)).digest('hex');
    const holds = request.headers['x-hub-signature-256'] === `sha256=${digest}`;
    const body = '{"received": true}';
    response
      .writeHead(holds ? 200 : 401, ['content-type', 'application/json', 'content-length', String(body.length)])
      .end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
