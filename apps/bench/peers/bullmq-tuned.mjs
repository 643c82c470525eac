// What BullMQ can do on this machine: plain node:http, the body as one string, jobs added in groups while another group
// is under way, and undici.
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
let waiting = [];
let adding = 0;
function add() {
  while (adding < 2 && waiting.length > 0) {
    adding++;
    const group = waiting.splice(0, 200);
    queue
      .addBulk(group.map(({ job }) => job))
      .then(
        () => 200,
        () => 503,
      )
      .then((status) => {
        adding--;
        for (const { answer } of group) answer(status);
        add();
      });
  }
}

const server = createServer((request, response) =>
  readBody(request, (body) => {
    if (!holds(SECRET, request.headers['x-hub-signature-256'], body)) return response.writeHead(401).end();
    const headers = {
      'content-type': request.headers['content-type'],
      'x-github-event': request.headers['x-github-event'],
    };
    waiting.push({
      job: { name: 'webhook', data: { body: body.toString('utf8'), headers }, opts: retry },
      answer: (status) => response.writeHead(status, { 'content-type': 'application/json' }).end(ACCEPTED),
    });
    add();
  }),
);
serve(server, { pause: () => worker.pause(true), resume: () => worker.resume() });
