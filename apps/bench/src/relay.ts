import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

// Shows the limit of one process that receives and sends on: it reads the body, checks an HMAC over it, answers, and
// POSTs the body to the destination (first argument). Nothing is stored, signed or repeated.
const target = new URL(process.argv[2] as string);
const pool = new Pool(target.origin, { connections: 64, pipelining: 1 });
const headers = ['content-type', 'application/json'];
const handler = {
  onRequestStart: () => undefined,
  onResponseStart: () => undefined,
  onResponseData: () => undefined,
  onResponseEnd: () => undefined,
  onResponseError(_controller: unknown, error: Error): void {
    throw error;
  },
};
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const digest = createHmac('sha256', 'benchmark secret').update(body).digest('hex');
    const holds = request.headers['x-hub-signature-256'] === `sha256=${digest}`;
    const answer = '{"received": true}';
    response
      .writeHead(holds ? 200 : 401, ['content-type', 'application/json', 'content-length', String(answer.length)])
      .end(answer);
    if (holds) pool.dispatch({ path: target.pathname, method: 'POST', headers, body }, handler);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
