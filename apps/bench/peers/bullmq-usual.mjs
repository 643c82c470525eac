// BullMQ as most tutorials use it: Express, express.json, one queue.add per request, and axios in the worker.
import { createServer } from 'node:http';
import axios from 'axios';
import { Queue, Worker } from 'bullmq';
import express from 'express';
import { holds, serve } from './verify.mjs';

const { SECRET, SINK, REDIS_PORT } = process.env;
const connection = { host: '127.0.0.1', port: Number(REDIS_PORT), maxRetriesPerRequest: null };
const queue = new Queue('usual', { connection });
const worker = new Worker(
  'usual',
  async (job) => {
    await axios.post(SINK, job.data.body, { headers: job.data.headers, timeout: 10_000 });
  },
  { connection, concurrency: 64, autorun: false },
);
void worker.run();

const app = express();
app.use(express.json({ limit: '1mb', verify: (request, _response, body) => (request.rawBody = body) }));
app.post('/hook', async (request, response) => {
  if (!holds(SECRET, request.get('x-hub-signature-256'), request.rawBody)) return response.sendStatus(401);
  const headers = { 'content-type': request.get('content-type'), 'x-github-event': request.get('x-github-event') };
  const retry = { attempts: 12, backoff: { type: 'exponential', delay: 10_000 }, removeOnComplete: true };
  await queue.add('webhook', { body: request.body, headers }, retry);
  response.json({ received: true });
});
serve(createServer(app), { pause: () => worker.pause(true), resume: () => worker.resume() });
