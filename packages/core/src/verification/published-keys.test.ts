import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressGuard } from '../transport/address-guard';
import { Connector } from '../transport/connector';
import { undiciTransport } from '../transport/undici-transport';
import { PublishedKeys } from './published-keys';

let server: Server;
let base: string;
let asked: string[] = [];
const transport = undiciTransport(new Connector(new AddressGuard(['127.0.0.0/8'])));

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked.push(`${request.method} ${request.url} ${Buffer.concat(chunks).toString()}`);
      const status = Number(/^\/(\d{3})/.exec(request.url ?? '')?.[1] ?? 200);
      response.writeHead(status).end(request.url?.includes('huge') ? 'x'.repeat(100_000) : `key of ${request.url}`);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await transport.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

beforeEach(() => (asked = []));

test('a key is fetched once, even if many ask for it at the same time', async () => {
  const keys = new PublishedKeys(transport);
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.fetch(`${base}/a.pem`)));
  expect(found).toEqual(Array.from({ length: 20 }, () => ({ text: 'key of /a.pem' })));
  await keys.fetch(`${base}/a.pem`);
  expect(asked).toEqual(['GET /a.pem ']);
});

test('a key that the provider does not know is remembered; one that could not be fetched is asked for again', async () => {
  const keys = new PublishedKeys(transport);
  expect([await keys.fetch(`${base}/404`), await keys.fetch(`${base}/404`)]).toEqual(['absent', 'absent']);
  expect([await keys.fetch(`${base}/503`), await keys.fetch(`${base}/503`)]).toEqual(['unavailable', 'unavailable']);
  expect(await keys.fetch(`${base}/429`)).toBe('unavailable');
  expect(await keys.fetch(`${base}/huge`)).toBe('unavailable');
  expect(asked).toEqual(['GET /404 ', 'GET /503 ', 'GET /503 ', 'GET /429 ', 'GET /huge ']);
});

test('at most thirty of a thousand unknown key ids are looked up in a minute for an endpoint [SIG-12]', async () => {
  const keys = new PublishedKeys(transport);
  const ask = (id: number): Promise<unknown> => keys.post(`${base}/400/get`, { key_id: `k-${id}`, secret: 's' });
  expect(new Set(await Promise.all(Array.from({ length: 1000 }, (_, id) => ask(id))))).toEqual(new Set(['absent']));
  expect(asked).toHaveLength(30);
  expect(asked[0]).toBe('POST /400/get {"key_id":"k-0","secret":"s"}');
});

test('a key at a private address is not fetched', async () => {
  const guarded = undiciTransport(new Connector(new AddressGuard([])));
  expect(await new PublishedKeys(guarded).fetch(`${base}/a.pem`)).toBe('unavailable');
  expect(asked).toEqual([]);
  await guarded.close();
});

describe('invented key names', () => {
  const invent = (keys: PublishedKeys, endpoint: string, sender: string, count: number): Promise<unknown[]> =>
    Promise.all(
      Array.from({ length: count }, (_, n) =>
        keys.of(endpoint).askedBy(sender).fetch(`${base}/404/${endpoint}/${sender}/${n}`),
      ),
    );

  test('do not use up the look-ups of other endpoints or of other senders to the same endpoint', async () => {
    const keys = new PublishedKeys(transport);
    await invent(keys, 'flooded', '192.0.2.1', 1_000);
    expect(asked).toHaveLength(15);
    const text = (path: string): object => ({ text: `key of ${path}` });
    expect(await keys.of('other').fetch(`${base}/other.pem`)).toEqual(text('/other.pem'));
    expect(await keys.of('flooded').askedBy('192.0.2.2').fetch(`${base}/genuine.pem`)).toEqual(text('/genuine.pem'));
    // A network counts as one sender, so other IPv6 addresses of it do not help.
    asked = [];
    await Promise.all(Array.from({ length: 100 }, (_, n) => invent(keys, 'six', `2001:db8::${n.toString(16)}`, 5)));
    expect(asked).toHaveLength(15);
  });

  test('leave look-ups for every other endpoint and for the next sender, even when many endpoints are flooded', async () => {
    const keys = new PublishedKeys(transport);
    for (let n = 0; n < 60; n++) await invent(keys, `flooded-${n}`, '192.0.2.1', 40);
    // 300 are shared. After those, a sender gets two of the three that each endpoint always has.
    expect(asked.length).toBeLessThanOrEqual(300 + 60 * 2);
    const genuine = keys.of('flooded-59').askedBy('192.0.2.2').fetch(`${base}/genuine.pem`);
    expect(await genuine).toEqual({ text: 'key of /genuine.pem' });
    expect(await keys.of('quiet').fetch(`${base}/quiet.pem`)).toEqual({ text: 'key of /quiet.pem' });
  });

  test('never push out a known key, which needs no look-up and is used even when none is left', async () => {
    const keys = new PublishedKeys(transport);
    await keys.of('e').fetch(`${base}/good.pem`);
    const clock = jest.spyOn(performance, 'now');
    let now = performance.now();
    clock.mockImplementation(() => now);
    // 36 minutes, and more names than the cache holds.
    for (let minute = 0; minute < 36; minute++) {
      now += 60_001;
      await invent(keys, 'e', `192.0.2.${minute}`, 20);
      await invent(keys, 'e', `198.51.100.${minute}`, 20);
    }
    asked = [];
    expect(await keys.of('e').fetch(`${base}/good.pem`)).toEqual({ text: 'key of /good.pem' });
    expect(asked).toEqual([]);
    clock.mockRestore();
  });
});

test('a key that is a day old is fetched again, and stays in use while that fails', async () => {
  const down = undiciTransport(new Connector(new AddressGuard([])));
  let isAway = false;
  let answered: Promise<unknown> = Promise.resolve();
  const keys = new PublishedKeys({
    close: () => transport.close(),
    send: (request) => {
      const answer = (isAway ? down : transport).send(request);
      answered = answer;
      return answer;
    },
  });
  await keys.fetch(`${base}/old.pem`);
  const clock = jest.spyOn(performance, 'now');
  const later = performance.now() + 25 * 3_600_000;
  clock.mockImplementation(() => later);
  isAway = true;
  expect(await keys.fetch(`${base}/old.pem`)).toEqual({ text: 'key of /old.pem' });
  await answered;
  expect(asked).toEqual(['GET /old.pem ']);
  isAway = false;
  clock.mockImplementation(() => later + 61_000);
  expect(await keys.fetch(`${base}/old.pem`)).toEqual({ text: 'key of /old.pem' });
  await answered;
  expect(asked).toEqual(['GET /old.pem ', 'GET /old.pem ']);
  clock.mockRestore();
  await down.close();
});

test('an answer that is not a key is not stored, and not asked for again at once', async () => {
  const keys = new PublishedKeys(transport);
  const never = (): boolean => false;
  expect([await keys.fetch(`${base}/page`, never), await keys.fetch(`${base}/page`, never)]).toEqual([
    'unavailable',
    'unavailable',
  ]);
  expect(asked).toEqual(['GET /page ']);
});
