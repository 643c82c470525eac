// pg-boss as usual: Express, one boss.send per request, and axios in the worker.
import { createServer } from 'node:http';
import axios from 'axios';
import express from 'express';
import PgBoss from 'pg-boss';
import { holds, serve } from './verify.mjs';

const { SECRET, SINK, DATABASE_URL } = process.env;
const boss = new PgBoss({ connectionString: DATABASE_URL, max: 10 });
boss.on('error', () => undefined);
await boss.start();
await boss.createQueue('usual', { name: 'usual', retryLimit: 12, retryDelay: 10, retryBackoff: true });
// pg-boss polls at most twice a second, however much is waiting, so its rate is workers x batch x 2.
const WORKERS = 4;
const work = async () => {
  const options = { batchSize: 500, pollingIntervalSeconds: 0.5 };
  for (let n = 0; n < WORKERS; n++) {
    await boss.work('usual', options, (jobs) =>
      Promise.all(jobs.map(({ data }) => axios.post(SINK, data.body, { headers: data.headers, timeout: 10_000 }))),
    );
  }
};
await work();

const app = express();
app.use(express.json({ limit: '1mb', verify: (request, _response, body) => (request.rawBody = body) }));
app.post('/hook', async (request, response) => {
  if (!holds(SECRET, request.get('x-hub-signature-256'), request.rawBody)) return response.sendStatus(401);
  const headers = { 'content-type': request.get('content-type'), 'x-github-event': request.get('x-github-event') };
  await boss.send('usual', { body: request.body, headers });
  response.json({ received: true });
});
serve(createServer(app), { pause: () => boss.offWork('usual'), resume: work });
