import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client } from 'pg';
import { Webhook } from 'standardwebhooks';
import type { EventDetail, Paggio } from '../index';
import {
  allSettled,
  attempts,
  capture,
  owner,
  query,
  Recorder,
  settled,
  startGateway,
  until,
  type TestGateway,
} from '../testing';

let gateway: TestGateway;
let paggio: Paggio;

beforeAll(async () => {
  gateway = await startGateway();
  paggio = gateway.paggio;
});

afterAll(() => gateway.stop());

const once = { maxAttempts: 1 };
const fast = { maxAttempts: 4, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };

async function deliver(destinationUrl: string, settings: object = {}, headers: string[] = []): Promise<EventDetail> {
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'd',
    destinationUrl,
    retry: once,
    timeoutSeconds: 1,
    ...settings,
  });
  return settled(paggio, owner, await capture(paggio, endpoint.slug, '{"a":1}', headers));
}

/** A destination that answers with raw bytes, or breaks the protocol below HTTP. */
async function tcp(behave: (socket: Socket) => void): Promise<{ url: string; server: Server; accepted: () => number }> {
  let count = 0;
  const server = createTcpServer((socket) => {
    count++;
    socket.on('error', () => undefined);
    behave(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // An open server of a failed test must not keep the run alive.
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, accepted: () => count };
}

const answerBytes = (bytes: string | Buffer) => (socket: Socket) => void socket.once('data', () => socket.end(bytes));

test('2xx is delivered, every other status is not, and redirects are never followed [DEL-01, DEL-02]', async () => {
  for (const status of [200, 201, 202, 204, 299]) {
    const recorder = await Recorder.start((_request, response) => void response.writeHead(status).end());
    expect(await deliver(recorder.url())).toMatchObject({ status: 'delivered', responseStatus: status });
    await recorder.stop();
  }
  const elsewhere = await Recorder.start();
  for (const status of [301, 302, 307, 308, 400, 401, 404, 422, 500, 503, 999]) {
    const recorder = await Recorder.start(
      (_request, response) => void response.writeHead(status, { location: elsewhere.url() }).end(),
    );
    const event = await deliver(recorder.url());
    expect(event).toMatchObject({ status: 'failed', statusReason: 'exhausted', responseStatus: status });
    expect(recorder.requests).toHaveLength(1);
    expect(event.attempts[0]?.responseHeaders['location']).toBe(elsewhere.url());
    await recorder.stop();
  }
  expect(elsewhere.requests).toEqual([]);
  await elsewhere.stop();
});

test('410 ends the delivery at once, with a reason [DEL-03]', async () => {
  const recorder = await Recorder.start((_request, response) => void response.writeHead(410).end());
  expect(await deliver(recorder.url(), { retry: fast })).toMatchObject({
    status: 'failed',
    statusReason: 'refused',
    attemptCount: 1,
  });
  await recorder.stop();
});

test('failures below HTTP have distinct errors, each within the timeout [DEL-05]', async () => {
  const cases: [string, RegExp, (socket: Socket) => void][] = [
    ['closes before headers', /^connection_reset/, (socket) => void socket.once('data', () => socket.end())],
    ['resets', /^connection_reset/, (socket) => void socket.once('data', () => socket.resetAndDestroy())],
    ['never answers', /^timeout/, () => undefined],
    ['answers no HTTP', /^invalid_response/, answerBytes('HTTP/9.9 what\r\n\r\n')],
    [
      'slow body',
      /^timeout/,
      (socket) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')),
    ],
  ];
  for (const [name, expected, behave] of cases) {
    const { url, server } = await tcp(behave);
    const startedAt = Date.now();
    const event = await deliver(url);
    expect([name, event.attempts[0]?.error]).toEqual([name, expect.stringMatching(expected)]);
    expect(Date.now() - startedAt).toBeLessThan(2_500);
    server.close();
  }
  expect((await deliver('http://127.0.0.1:1/')).attempts[0]?.error).toMatch(/^connection_refused/);
});

test('a response that breaks off after 2xx counts as delivered; a huge one is cut at 64 KiB [DEL-06, DEL-07]', async () => {
  const broken = await tcp(
    (socket) =>
      void socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial');
        setTimeout(() => socket.resetAndDestroy(), 20);
      }),
  );
  expect(await deliver(broken.url)).toMatchObject({ status: 'delivered', attempts: [{ responseTruncated: true }] });
  broken.server.close();

  const endless = await Recorder.start((_request, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 0x61)));
    };
    response.on('drain', more);
    more();
  });
  const event = await deliver(endless.url());
  expect([event.status, event.attempts[0]?.responseBody.length, event.attempts[0]?.responseTruncated]).toEqual([
    'delivered',
    65_536,
    true,
  ]);
  await endless.stop();
});

test('a response may contain any bytes [DEL-08]', async () => {
  const recorder = await Recorder.start(
    (_request, response) => void response.writeHead(500, { 'x-odd': 'caf\u00e9' }).end(Buffer.from([0, 0xff, 0x7b, 0])),
  );
  const event = await deliver(recorder.url());
  expect(event.attempts[0]).toMatchObject({ responseBody: Buffer.from([0, 0xff, 0x7b, 0]), responseStatus: 500 });
  await recorder.stop();
});

test('Retry-After postpones the next attempt and is shown as the reason [DEL-04]', async () => {
  const recorder = await Recorder.start(
    (_request, response) => void response.writeHead(503, { 'retry-after': '3600' }).end(),
  );
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'later',
    destinationUrl: recorder.url(),
    retry: fast,
  });
  const id = await capture(paggio, endpoint.slug, '{}');
  const event = await until(paggio, async () => {
    const current = await paggio.admin.events.get(owner, id);
    return current.attemptCount === 1 ? current : undefined;
  });
  expect(event.status).toBe('pending');
  expect(event.nextAttemptReason).toMatch(/HTTP 503; attempt 2 of 4 after 3600 s: the destination asked for it/);
  const wait = (event.nextAttemptAt?.getTime() ?? 0) - Date.now();
  expect(wait).toBeGreaterThan(3_500_000);
  expect(wait).toBeLessThan(3_610_000);
  await recorder.stop();
});

test('each attempt is signed again under one id, and the standard library verifies it [SIG-22, SIG-23]', async () => {
  const recorder = await Recorder.start(
    (_request, response, count) => void response.writeHead(count < 2 ? 500 : 200).end(),
  );
  const { endpoint, secret } = await paggio.admin.endpoints.create(owner, {
    name: 'signed',
    destinationUrl: recorder.url(),
    retry: fast,
  });
  await settled(paggio, owner, await capture(paggio, endpoint.slug, '{"a":1.10}'));
  expect(recorder.requests).toHaveLength(2);
  for (const request of recorder.requests) {
    expect(() =>
      new Webhook(secret).verify(request.body.toString(), request.headers as Record<string, string>),
    ).not.toThrow();
    expect(request.headers['webhook-id']).toMatch(/^[A-Za-z0-9_-]+$/);
  }
  expect(recorder.requests.map((request) => request.headers['paggio-attempt'])).toEqual(['1', '2']);
  await recorder.stop();
});

test("hop-by-hop headers are not forwarded; a sender's own Standard Webhooks headers are forwarded unchanged [AUZ-23]", async () => {
  const recorder = await Recorder.start();
  await deliver(recorder.url(), { headers: { 'X-Replaced': 'ours' } }, [
    'Connection',
    'X-Drop, keep-alive',
    'X-Drop',
    'a',
    'Keep-Alive',
    'b',
    'TE',
    'trailers',
    'Upgrade',
    'h2c',
    'Proxy-Authorization',
    'c',
    'Expect',
    '100-continue',
    'Accept-Encoding',
    'gzip',
    'X-Replaced',
    'theirs',
    'webhook-id',
    'msg_1',
    'Webhook-Signature',
    'v1,theirs',
    'Paggio-Event-Id',
    'forged',
    'Cookie',
    'kept',
  ]);
  const { headers, rawHeaders } = recorder.requests[0] as (typeof recorder.requests)[number];
  for (const name of ['x-drop', 'te', 'upgrade', 'proxy-authorization', 'expect'])
    expect([name, headers[name]]).toEqual([name, undefined]);
  expect(headers).toMatchObject({
    'accept-encoding': 'identity',
    'x-replaced': 'ours',
    'webhook-id': 'msg_1',
    'webhook-signature': 'v1,theirs',
    cookie: 'kept',
    'content-length': '7',
  });
  expect(headers['paggio-webhook-signature']).toMatch(/^v1,/);
  expect(headers['paggio-event-id']).not.toBe('forged');
  expect(rawHeaders).toContain('Webhook-Signature');
  await recorder.stop();
});

test('no connection is made to a name or a stored URL that became private after it was accepted [SSR-06, SSR-08, SSR-09]', async () => {
  const target = await tcp((socket) => socket.end());
  const port = (target.server.address() as AddressInfo).port;
  let answers = 0;
  const strict = await startGateway(
    { allowedNetworks: [] },
    {
      resolve: async () => [
        answers++ === 0 ? { address: '93.184.216.34', family: 4 } : { address: '127.0.0.1', family: 4 },
      ],
    },
  );
  answers = 1;
  const { endpoint } = await strict.paggio.admin.endpoints.create(owner, {
    name: 's',
    destinationUrl: `http://rebind.example:${port}/`,
    retry: once,
  });
  const named = await settled(strict.paggio, owner, await capture(strict.paggio, endpoint.slug, '{}'));
  expect(named.attempts[0]?.error).toMatch(/^blocked_address: rebind.example/);
  for (const url of [`http://127.0.0.1:${port}/`, `http://[::1]:${port}/`, `http://[::ffff:127.0.0.1]:${port}/`]) {
    await query(
      strict.database.url,
      `update paggio.destinations set url = '${url}'; update paggio.state set config_version = config_version + 1`,
    );
    const [id] = [await capture(strict.paggio, endpoint.slug, '{}')];
    const forced = await settled(strict.paggio, owner, id);
    expect([forced.attempts[0]?.destinationUrl, forced.attempts[0]?.error]).toEqual([
      url,
      expect.stringMatching(/^blocked_address/),
    ]);
  }
  expect(target.accepted()).toBe(0);
  target.server.close();
  await strict.stop();
});

test('the very next attempt uses a changed URL [DEL-14]', async () => {
  const first = await Recorder.start((_request, response) => void response.writeHead(500).end());
  const second = await Recorder.start();
  const { endpoint } = await paggio.admin.endpoints.create(owner, {
    name: 'moving',
    destinationUrl: first.url(),
    retry: fast,
  });
  const id = await capture(paggio, endpoint.slug, '{}');
  await first.received(1);
  await paggio.admin.endpoints.update(owner, endpoint.id, { destinationUrl: second.url() });
  expect(await settled(paggio, owner, id)).toMatchObject({ status: 'delivered' });
  expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
  await first.stop();
  await second.stop();
});

test('a destination that hangs does not delay another [DEL-15]', async () => {
  const sockets: Socket[] = [];
  const hanging = await tcp((socket) => void sockets.push(socket));
  const healthy = await Recorder.start();
  const slow = await paggio.admin.endpoints.create(owner, {
    name: 'hangs',
    destinationUrl: hanging.url,
    timeoutSeconds: 60,
    retry: once,
  });
  const fine = await paggio.admin.endpoints.create(owner, { name: 'fine', destinationUrl: healthy.url() });
  await Promise.all(Array.from({ length: 300 }, () => capture(paggio, slow.endpoint.slug, '{}')));
  const seen = attempts(paggio);
  const ids = await Promise.all(Array.from({ length: 100 }, () => capture(paggio, fine.endpoint.slug, '{}')));
  await allSettled(gateway, ids);
  // None of the hanging requests has ended by then.
  expect(seen.map(({ destinationUrl }) => destinationUrl)).toEqual(Array(100).fill(healthy.url()));
  await paggio.admin.endpoints.delete(owner, slow.endpoint.id);
  for (const socket of sockets) socket.destroy();
  hanging.server.close();
  await healthy.stop();
});

test('a stop finishes attempts under way and releases the others without counting an attempt [CRA-05]', async () => {
  const own = await startGateway();
  const slow = await Recorder.start((_request, response) => void setTimeout(() => response.writeHead(200).end(), 300));
  const { endpoint } = await own.paggio.admin.endpoints.create(owner, {
    name: 'stop',
    destinationUrl: slow.url(),
    concurrency: 2,
  });
  const ids = await Promise.all(Array.from({ length: 10 }, () => capture(own.paggio, endpoint.slug, '{}')));
  await slow.received(2);
  await own.paggio.stop();
  const delivered = slow.requests.length;
  const rows = await query<{ state: string; lease: string | null; attempts: number }>(
    own.database.url,
    'select state, lease_token as lease, attempt_count as attempts from paggio.deliveries',
  );
  expect(rows.filter((row) => row.state === 'delivered')).toHaveLength(delivered);
  expect(rows.filter((row) => row.state === 'pending')).toEqual(
    Array.from({ length: ids.length - delivered }, () => ({ state: 'pending', lease: null, attempts: 0 })),
  );
  expect(new Set(slow.requests.map((request) => request.headers['webhook-id'])).size).toBe(delivered);
  await own.database.drop();
  await slow.stop();
});

test('a stop aborts an attempt that takes too long before it releases the delivery, so no late answer interferes [CRA-05]', async () => {
  const own = await startGateway({ stopGrace: 50 });
  let breakOff: () => void = () => undefined;
  const brokenOff = new Promise<void>((done) => (breakOff = done));
  const silent = await Recorder.start((_request, response) => void response.once('close', breakOff));
  const { endpoint } = await own.paggio.admin.endpoints.create(owner, { name: 'silent', destinationUrl: silent.url() });
  await capture(own.paggio, endpoint.slug, '{}');
  await silent.received(1);
  const lock = new Client({ connectionString: own.database.url });
  await lock.connect();
  await lock.query('begin');
  await lock.query('select from paggio.deliveries for update');
  const stopped = own.paggio.stop();
  await brokenOff;
  const state = (): Promise<object[]> =>
    query(own.database.url, `select state, attempt_count, lease_token is not null as leased from paggio.deliveries`);
  expect(await state()).toEqual([{ state: 'pending', attempt_count: 0, leased: true }]);
  await lock.query('commit');
  await lock.end();
  await stopped;
  expect(await state()).toEqual([{ state: 'pending', attempt_count: 0, leased: false }]);
  await own.database.drop();
  await silent.stop();
});
