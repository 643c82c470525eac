// Bare node:http, the body as one string, automatic pipelining, undici: what BullMQ can do on this machine.
import { createServer } from 'node:http';
import { Queue, Worker } from 'bullmq';
import Redis from 'ioredis';
import { Pool } from 'undici';
import { ACCEPTED, holds, readBody, serve } from './verify.mjs';

const { SECRET, SINK, REDIS_PORT } = process.env;
const options = { host: '127.0.0.1', port: Number(REDIS_PORT), maxRetriesPerRequest: null, enableAutoPipelining: true };
const queue = new Queue('tuned', { connection: new Redis(options) });
const sink = new URL(SINK);
const pool = new Pool(sink.origin, { connections: 64 });
const worker = new Worker(
  'tuned',
  async (job) => {
    const { statusCode, body } = await pool.request({
      path: sink.pathname,
      method: 'POST',
      headers: job.data.headers,
      body: job.data.body,
    });
    await body.dump();
    if (statusCode >= 300) throw new Error(`HTTP ${statusCode}`);
  },
  { connection: new Redis(options), concurrency: 64 },
);

const retry = { attempts: 12, backoff: { type: 'exponential', delay: 10_000 }, removeOnComplete: true };
const server = createServer((request, response) =>
  readBody(request, (body) => {
    if (!holds(SECRET, request.headers['x-hub-signature-256'], body)) return response.writeHead(401).end();
    const headers = {
      'content-type': request.headers['content-type'],
      'x-github-event': request.headers['x-github-event'],
    };
    queue.add('webhook', { body: body.toString('utf8'), headers }, retry).then(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end(ACCEPTED),
      () => response.writeHead(503).end(),
    );
  }),
);
serve(server, { pause: () => worker.pause(true), resume: () => worker.resume() });
