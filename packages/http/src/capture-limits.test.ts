import { createHmac } from 'node:crypto';
import { migratedDatabase, owner, withoutDelivery, type TestDatabase } from '@paggio/core/testing';
import { createFetchHandler } from './index';
import {
  build,
  request,
  requestsAtOnce,
  sendRaw,
  startGatewayServer,
  type GatewayServer,
  type RawAnswer,
  type RawRequest,
} from './testing';

const FLOODER = '203.0.113.9';
const GENUINE = '198.51.100.1';

/** So slow that nothing is refilled within a test. */
const tenAtOnce = { perSecond: 0.001, burst: 10 };

/** The gateways of this file share it, because their limits are in memory. */
let database: TestDatabase;
beforeAll(async () => (database = await migratedDatabase()));
afterAll(() => database.drop());

async function slugAt({ paggio }: GatewayServer, userId = owner.userId): Promise<string> {
  return (await paggio.admin.endpoints.create({ ...owner, userId }, { name: 'limited' })).endpoint.slug;
}

function webhook(slug: string, from: string): RawRequest {
  return { path: `/api/webhook/${slug}`, headers: [['X-Forwarded-For', from]], body: '{}' };
}

function send({ port }: GatewayServer, slug: string, from: string): Promise<RawAnswer> {
  return request(port, webhook(slug, from));
}

async function statuses(server: GatewayServer, slug: string, from: string, count: number): Promise<number[]> {
  const answers = await requestsAtOnce(server.port, Array<RawRequest>(count).fill(webhook(slug, from)));
  return answers.map(({ status }) => status);
}

const times = (count: number, status: number): number[] => Array<number>(count).fill(status);

describe('requests to a webhook URL', () => {
  let server: GatewayServer;

  beforeAll(async () => {
    const options = { ...withoutDelivery, trustedProxies: ['127.0.0.0/8'], captureRateLimit: tenAtOnce };
    server = await startGatewayServer(options, {}, database);
  });
  afterAll(async () => {
    await server.stop();
    expect(server.faults).toEqual([]);
  });

  test('beyond the limit are refused with a time to retry, and one address leaves half of the limit to others', async () => {
    const slug = await slugAt(server);
    expect(await statuses(server, slug, FLOODER, 7)).toEqual([...times(5, 200), 429, 429]);
    expect(await statuses(server, slug, GENUINE, 5)).toEqual(times(5, 200));
    const answer = await send(server, slug, '192.0.2.1');
    expect(answer.status).toBe(429);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'Too many requests to this URL',
      hint: expect.stringMatching(/^Send the request again after \d+ s\.$/),
    });
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(answer.headers).toMatchObject({
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': expect.stringMatching(/^\d{10,}$/),
    });
    expect(answer.headers).toMatchObject({
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
    const { total } = await server.paggio.admin.events.list(owner, {}, { limit: 1, offset: 0, startingAfter: null });
    expect(total).toBe(10);
  });

  test('to one endpoint use up nothing of another', async () => {
    const [flooded, quiet] = [await slugAt(server), await slugAt(server)];
    await statuses(server, flooded, FLOODER, 20);
    expect(await statuses(server, quiet, FLOODER, 1)).toEqual([200]);
  });

  test('over the limit are refused before their body is read', async () => {
    const slug = await slugAt(server);
    await statuses(server, slug, FLOODER, 6);
    const headers: [string, string][] = [['X-Forwarded-For', FLOODER]];
    const path = `/api/webhook/${slug}`;
    // The body is announced and never sent, so an answer after the body would not come.
    const announced = build({ path, headers, contentLength: 500_000 });
    expect((await sendRaw(server.port, announced)).status).toBe(429);
    const expecting = build({ path, headers: [...headers, ['Expect', '100-continue']], contentLength: 500_000 });
    expect((await sendRaw(server.port, expecting)).status).toBe(429);
  });

  test('are limited in Fetch handlers too, where senders without an address count as one', async () => {
    const slug = await slugAt(server);
    const handle = createFetchHandler(server.paggio);
    const answer = async (): Promise<Response> =>
      (await handle(new Request(`http://x/api/webhook/${slug}`, { method: 'POST', body: '{}' }))) as Response;
    for (let n = 0; n < 5; n++) expect((await answer()).status).toBe(200);
    const refused = await answer();
    expect([refused.status, refused.headers.get('x-ratelimit-limit')]).toEqual([429, '5']);
  });
});

test('all URLs of a user share a limit, and other users have their own', async () => {
  const captureRateLimitPerUser = { perSecond: 0.001, burst: 20 };
  const options = { ...withoutDelivery, captureRateLimit: null, captureRateLimitPerUser };
  const server = await startGatewayServer(options, {}, database);
  const [one, two, theirs] = [await slugAt(server), await slugAt(server), await slugAt(server, 'user-2')];
  expect(await statuses(server, one, FLOODER, 6)).toEqual(times(6, 200));
  expect(await statuses(server, two, FLOODER, 5)).toEqual([...times(4, 200), 429]);
  expect(await statuses(server, theirs, FLOODER, 1)).toEqual([200]);
  await server.stop();
});

test('a flood from many addresses leaves half of the limit to senders whose events were verified', async () => {
  const limit = { perSecond: 0.001, burst: 20 };
  for (const limits of [
    { captureRateLimit: limit, captureRateLimitPerUser: null },
    { captureRateLimit: null, captureRateLimitPerUser: limit },
  ]) {
    const options = { ...withoutDelivery, trustedProxies: ['127.0.0.0/8'], ...limits };
    const server = await startGatewayServer(options, {}, database);
    try {
      const secret = 'octocat octocat';
      const verification = { provider: 'github', secrets: [secret] };
      const { slug } = (await server.paggio.admin.endpoints.create(owner, { name: 'signed', verification })).endpoint;
      const signature = `sha256=${createHmac('sha256', secret).update('{}').digest('hex')}`;
      const signed = async (from: string): Promise<number> =>
        (
          await request(server.port, {
            path: `/api/webhook/${slug}`,
            headers: [
              ['X-Forwarded-For', from],
              ['X-Hub-Signature-256', signature],
            ],
            body: '{}',
          })
        ).status;
      expect(await signed(GENUINE)).toBe(200);
      const flood: number[] = [];
      for (let n = 0; n < 15; n++) flood.push(...(await statuses(server, slug, `203.0.113.${n}`, 1)));
      expect(flood).toEqual([...times(9, 401), ...times(6, 429)]);
      // A wrong signature does not make a sender known. Only the sender from before the flood gets in.
      for (let n = 0; n < 9; n++) expect(await signed(GENUINE)).toBe(200);
      expect(await signed('192.0.2.1')).toBe(429);
    } finally {
      await server.stop();
    }
  }
});

test('nothing is refused without limits', async () => {
  const options = { ...withoutDelivery, captureRateLimit: null, captureRateLimitPerUser: null };
  const server = await startGatewayServer(options, {}, database);
  const slug = await slugAt(server);
  expect(await statuses(server, slug, FLOODER, 30)).toEqual(times(30, 200));
  await server.stop();
});

describe('requests to URLs without an endpoint', () => {
  let server: GatewayServer;
  let lookedUp: number;

  beforeAll(async () => {
    server = await startGatewayServer({ ...withoutDelivery, trustedProxies: ['127.0.0.0/8'] }, {}, database);
    const { loader } = server.gateway.assembly.database;
    const load = loader.load.bind(loader);
    loader.load = (by) => (lookedUp++, load(by));
  });
  beforeEach(() => (lookedUp = 0));
  afterAll(async () => {
    await server.stop();
    expect(server.faults).toEqual([]);
  });

  const route = async (slug: string, from: string): Promise<string> => {
    try {
      await server.paggio.host.capture.route(slug, 'POST', from);
      return 'ok';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  test('are 404 for two thousand guesses of an address, and then refused without a look-up', async () => {
    const { endpoint } = await server.paggio.admin.endpoints.create(owner, { name: 'known' });
    expect((await send(server, endpoint.slug, GENUINE)).status).toBe(200);
    lookedUp = 0;
    const answered: string[] = [];
    for (let n = 0; n < 2_600; n += 100)
      answered.push(
        ...(await Promise.all(Array.from({ length: 100 }, (_, more) => route(`guess-${n + more}`, FLOODER)))),
      );
    const refused = answered.filter((code) => code === 'RATE_LIMITED').length;
    expect(new Set(answered.slice(0, 2_000))).toEqual(new Set(['NOT_FOUND']));
    expect(refused).toBeGreaterThan(0);
    expect(lookedUp).toBeLessThanOrEqual(2_600 - refused);

    // Remembered slugs need no look-up, whether they are endpoints or earlier guesses.
    lookedUp = 0;
    expect([await route(endpoint.slug, FLOODER), await route('guess-1999', FLOODER)]).toEqual(['ok', 'NOT_FOUND']);
    expect(lookedUp).toBe(0);
    // A changed endpoint is read again, even if its sender has guessed before.
    await server.paggio.admin.endpoints.update(owner, endpoint.id, { description: 'changed' });
    expect([await route(endpoint.slug, FLOODER), await route('guess-1', GENUINE)]).toEqual(['ok', 'NOT_FOUND']);
    expect(lookedUp).toBe(2);

    let answer: RawAnswer | undefined;
    for (let n = 0; n < 200 && answer?.status !== 429; n += 20)
      answer = (
        await requestsAtOnce(
          server.port,
          Array.from({ length: 20 }, (_, more) => webhook(`more-guesses-${n + more}`, FLOODER)),
        )
      ).find(({ status }) => status === 429);
    expect(answer?.headers).toMatchObject({ 'retry-after': '1', 'x-ratelimit-limit': '2000' });
    expect(JSON.parse(answer?.body.toString() ?? '')).toMatchObject({
      code: 'RATE_LIMITED',
      message: 'Too many requests to URLs without an endpoint',
    });
  });

  test('cost an address nothing if there is an endpoint after all', async () => {
    const address = '192.0.2.77';
    const slugs = await Promise.all(Array.from({ length: 10 }, () => slugAt(server)));
    for (const slug of slugs) expect((await send(server, slug, address)).status).toBe(200);
    expect(lookedUp).toBe(10);
    const { limits } = server.gateway.assembly.capture;
    const refused = Array.from({ length: 2_000 }, () => limits.takeUnknown(address)).filter((one) => one !== null);
    expect(refused).toEqual([]);
  });
});
