import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

// Shows the limit of one process: it reads the body, checks an HMAC over it, and answers. With a destination (first
// argument) it is a relay, which also POSTs the body there. Nothing is stored, signed or repeated.
const destination = process.argv[2];
const relay = destination === undefined ? undefined : relayTo(new URL(destination));

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
    if (holds) relay?.(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));

function relayTo(target: URL): (body: Buffer) => void {
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
  return (body) => void pool.dispatch({ path: target.pathname, method: 'POST', headers, body }, handler);
}
