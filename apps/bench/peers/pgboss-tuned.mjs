// What pg-boss can do on this machine: plain node:http, inserts in groups while another group is under way, large
// batches, several workers, and undici.
import { createServer } from 'node:http';
import PgBoss from 'pg-boss';
import { Pool } from 'undici';
import { ACCEPTED, holds, readBody, serve } from './verify.mjs';

const { SECRET, SINK, DATABASE_URL } = process.env;
const boss = new PgBoss({ connectionString: DATABASE_URL, max: 10 });
boss.on('error', () => undefined);
await boss.start();
await boss.createQueue('tuned', { name: 'tuned', retryLimit: 12, retryDelay: 10, retryBackoff: true });
const sink = new URL(SINK);
const pool = new Pool(sink.origin, { connections: 64 });
const send = async ({ data }) => {
  const { body } = await pool.request({ path: sink.pathname, method: 'POST', headers: data.headers, body: data.body });
  await body.dump();
};
// pg-boss polls at most twice a second, however much is waiting, so its rate is workers x batch x 2.
const WORKERS = 4;
const work = async () => {
  const options = { batchSize: 2_000, pollingIntervalSeconds: 0.5 };
  for (let n = 0; n < WORKERS; n++) await boss.work('tuned', options, (jobs) => Promise.all(jobs.map(send)));
};
await work();

let waiting = [];
let inserting = false;
async function insert() {
  if (inserting) return;
  inserting = true;
  while (waiting.length > 0) {
    const group = waiting.splice(0, 500);
    const settle = await boss.insert(group.map(({ job }) => job)).then(
      () => 200,
      () => 503,
    );
    for (const { answer } of group) answer(settle);
  }
  inserting = false;
}

const server = createServer((request, response) =>
  readBody(request, (body) => {
    if (!holds(SECRET, request.headers['x-hub-signature-256'], body)) return response.writeHead(401).end();
    const headers = {
      'content-type': request.headers['content-type'],
      'x-github-event': request.headers['x-github-event'],
    };
    waiting.push({
      job: { name: 'tuned', data: { body: body.toString('utf8'), headers } },
      answer: (status) => response.writeHead(status, { 'content-type': 'application/json' }).end(ACCEPTED),
    });
    void insert();
  }),
);
serve(server, { pause: () => boss.offWork('tuned'), resume: work });
