import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AxiosInstance } from 'axios';
import axios from 'axios';
import { createTestDatabase, Recorder, type TestDatabase } from '@paggio/core/testing';
import { ServerProcess } from '../../server/src/testing/server-process';
import { install, pythonSteps } from './testing/installation';

// Schemathesis reads only the OpenAPI document of a running reference server. It sends what the document allows and what it
// forbids, and compares every answer with the document.

const source = join(__dirname, '../property-tester');
const installed = install({
  name: 'property-tester',
  pinned: ['requirements.txt', 'constraints.txt'].map((file) => join(source, file)),
  needs: ['python3'],
  steps: (cache) => pythonSteps(cache, source),
});

if ('missing' in installed) {
  process.stderr.write(`\nNOT TESTED: the API by a property tester: ${installed.missing}\n\n`);
  test.skip(`not installed: ${installed.missing}`, () => undefined);
} else {
  let database: TestDatabase;
  let server: ServerProcess;
  let recorder: Recorder;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'paggio-property-tester-'));
    recorder = await Recorder.start(
      (_request, response, count) => void response.writeHead(count % 5 === 0 ? 404 : 200).end('{"received": true}'),
    );
    database = await createTestDatabase();
    server = await ServerProcess.start({
      DATABASE_URL: database.url,
      PAGGIO_API_RATE_LIMIT: 'none',
      // Every environment of a replay leads to the receiver of this test.
      PAGGIO_STAGING_HOST: `localhost:${recorder.port}`,
      PAGGIO_LOCAL_URL: `http://localhost:${recorder.port}`,
    });
  }, 60_000);

  afterAll(async () => {
    expect(await server.stop()).toBe(0);
    server.remove();
    await recorder.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('a property tester finds no request whose answer differs from the document', async () => {
    const objects = await makeObjects(server, recorder);
    const { code, output } = await run(join(installed.cache, 'venv/bin/schemathesis'), objects);
    const [report] = readdirSync(folder).filter((name) => name.endsWith('.json'));
    const {
      seed,
      operations,
      test_cases: requests,
      complete,
    } = JSON.parse(readFileSync(join(folder, report as string), 'utf8'));
    process.stdout.write(
      `\nProperty tester: ${requests.generated} requests to ${operations.tested} of ${operations.total} operations, seed ${seed}\n`,
    );
    expect([code, code === 0 ? '' : output]).toEqual([0, '']);
    expect([complete, operations.tested]).toEqual([true, operations.total]);
    // The server logs the faults of requests, even those that no answer shows.
    expect(server.lines.filter((line) => /"level":(50|60)/.test(line) && line.includes('"request_id"'))).toEqual([]);
  }, 1_800_000);

  const run = (file: string, objects: object): Promise<{ code: number | null; output: string }> =>
    new Promise((done, fail) => {
      const child = spawn(
        file,
        [
          ...['--config-file', join(source, 'schemathesis.toml'), 'run', `${server.url}/openapi.json`],
          ...['--no-color', '--report', 'json', '--report-dir', folder],
        ],
        {
          cwd: source,
          env: {
            PATH: process.env['PATH'],
            HOME: folder,
            PYTHONDONTWRITEBYTECODE: '1',
            PAGGIO_URL: server.url,
            PAGGIO_KEY: server.apiKey,
            PAGGIO_OBJECTS: JSON.stringify(objects),
          },
        },
      );
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      child.once('error', fail);
      child.once('close', (code) => done({ code, output }));
    });
}

/** Creates objects of every kind, so that ids in paths lead to something. */
async function makeObjects(server: ServerProcess, recorder: Recorder): Promise<object> {
  const api = server.api();
  const destinationUrl = recorder.url();
  const orders = await made(api, '/api/v1/endpoints', { name: 'orders', destination_url: destinationUrl });
  const payments = await made(api, '/api/v1/endpoints', {
    name: 'payments',
    destination_url: destinationUrl,
    verification: { provider: 'github', secrets: ['octocat'] },
  });
  const { id: destinationId } = await made(api, `/api/v1/endpoints/${orders.id}/destinations`, { url: destinationUrl });
  const refused = await axios.post(payments.webhook_url, { paid: true }, { validateStatus: () => true });
  const events = await Promise.all([1, 2, 3].map(() => made(api, `/api/v1/endpoints/${orders.id}/test`, {})));
  const replay = await made(api, '/api/v1/replays', { filter: { endpoint_id: orders.id } });
  const key = await made(api, '/api/v1/keys', { name: 'cashier' });
  const channel = { url: destinationUrl, triggers: ['failed'] };
  await api.put('/api/v1/notifications', { slack: channel, discord: channel, teams: channel });
  await api.post('/dashboard/session', { key: server.apiKey }, { headers: { origin: server.url } });
  const { data: sessions } = await api.get('/api/v1/sessions');
  return {
    destination_url: destinationUrl,
    certificate: readFileSync(join(__dirname, '../../../packages/core/src/testing/tls/authority.pem'), 'utf8'),
    secret: orders.secret,
    e: [orders.id],
    endpoints: [orders.id, payments.id],
    destination: { id: orders.id, destination_id: destinationId },
    events: events.map(({ id }) => id),
    rejections: [refused.headers['paggio-rejection-id']],
    replays: [replay.id],
    keys: [key.id],
    sessions: sessions.data.map(({ id }: { id: string }) => id),
  };
}

async function made(api: AxiosInstance, path: string, body: object): Promise<Record<string, any>> {
  const { status, data } = await api.post(path, body);
  expect([path, status, data]).toEqual([path, expect.any(Number), expect.objectContaining({ id: expect.any(String) })]);
  return data;
}
