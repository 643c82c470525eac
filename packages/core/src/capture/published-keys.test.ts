import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AddressGuard } from '../delivery/address-guard';
import { undiciTransport } from '../delivery/undici-transport';
import { PublishedKeys } from './published-keys';

let server: Server;
let base: string;
let asked: string[] = [];
const transport = undiciTransport(new AddressGuard(['127.0.0.0/8']));

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

test('a key is fetched once, also by many at the same time', async () => {
  const keys = new PublishedKeys(transport);
  const found = await Promise.all(Array.from({ length: 20 }, () => keys.fetch(`${base}/a.pem`)));
  expect(found).toEqual(Array.from({ length: 20 }, () => ({ text: 'key of /a.pem' })));
  await keys.fetch(`${base}/a.pem`);
  expect(asked).toEqual(['GET /a.pem ']);
});

test('what the provider does not know is remembered; what could not be had is asked for again', async () => {
  const keys = new PublishedKeys(transport);
  expect([await keys.fetch(`${base}/404`), await keys.fetch(`${base}/404`)]).toEqual(['absent', 'absent']);
  expect([await keys.fetch(`${base}/503`), await keys.fetch(`${base}/503`)]).toEqual(['unavailable', 'unavailable']);
  expect(await keys.fetch(`${base}/429`)).toBe('unavailable');
  expect(await keys.fetch(`${base}/huge`)).toBe('unavailable');
  expect(asked).toEqual(['GET /404 ', 'GET /503 ', 'GET /503 ', 'GET /429 ', 'GET /huge ']);
});

test('SIG-12: of a thousand unknown key ids at most thirty a minute are looked up', async () => {
  const keys = new PublishedKeys(transport);
  const ask = (id: number): Promise<unknown> => keys.post(`${base}/400/get`, { key_id: `k-${id}`, secret: 's' });
  expect(new Set(await Promise.all(Array.from({ length: 1000 }, (_, id) => ask(id))))).toEqual(new Set(['absent']));
  expect(asked).toHaveLength(30);
  expect(asked[0]).toBe('POST /400/get {"key_id":"k-0","secret":"s"}');
});

test('a private address is not asked', async () => {
  const guarded = undiciTransport(new AddressGuard([]));
  expect(await new PublishedKeys(guarded).fetch(`${base}/a.pem`)).toBe('unavailable');
  expect(asked).toEqual([]);
  await guarded.close();
});
