import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHmac } from 'node:crypto';
import { owner, startGateway, withoutDelivery, type TestGateway } from '@paggio/core/testing';
import { createFetchHandler, createNodeHandler, type MountOptions } from './index';
import { operations } from './resources/operations';
import { close, request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

const ask = (
  { port }: Pick<GatewayServer, 'port'>,
  host: string,
  path: string,
  { method = 'GET', headers = [], body }: { method?: string; headers?: [string, string][]; body?: string } = {},
): Promise<RawAnswer> => request(port, { method, path, headers: [['Host', host], ...headers], body });

const refusalOf = ({ status, body }: RawAnswer): unknown => {
  const { code, message } = JSON.parse(body.toString() || '{}') as { code?: string; message?: string };
  return [status, code, message];
};
const refused = (host: string) => [403, 'FORBIDDEN', `This server does not answer to the host "${host}"`];

const pathOf = (path: string): string => path.replaceAll(/:[a-z_]+/g, '01a1feba-f6e4-7000-a9af-4d30305a647b');

describe('a server with a list of hosts', () => {
  let server: GatewayServer;
  let bearer: [string, string];

  beforeAll(async () => {
    server = await startGatewayServer(withoutDelivery, {
      dashboard: true,
      dialects: ['bags', 'promptjang'],
      allowedHosts: ['gateway.test', '*.preview.test'],
    });
    bearer = ['Authorization', `Bearer ${server.key}`];
  });

  afterAll(async () => {
    expect(server.faults).toEqual([]);
    await server.stop();
  });

  test.each(operations.filter(({ part }) => part !== 'ingest').map((one) => [one.id, one] as const))(
    '%s is answered to no other host, with a key or without',
    async (_, { method, path }) => {
      for (const headers of [[], [bearer]] as [string, string][][])
        expect(refusalOf(await ask(server, 'evil.test', pathOf(path), { method, headers }))).toEqual(
          refused('evil.test'),
        );
    },
  );

  test('the dashboard, other dialects and unknown paths are not answered to another host either', async () => {
    const paths = [
      '/dashboard',
      '/dashboard/events',
      '/dashboard/session',
      '/dashboard/sign-in?token=x',
      '/dashboard/assets/x.js',
      '/dashboard/api/v1/events',
      '/compat/bags/api/events',
      '/',
      '/nothing',
    ];
    for (const path of paths)
      expect([path, refusalOf(await ask(server, 'evil.test:80', path))]).toEqual([path, refused('evil.test:80')]);
    // This dialect has its own error body.
    const dialect = await ask(server, 'evil.test:80', '/compat/promptjang/api/v1/events');
    expect([dialect.status, dialect.body.toString()]).toEqual([403, expect.stringContaining('evil.test:80')]);
    expect(refusalOf(await ask(server, 'evil.test', '/api/v1/events', { method: 'PUT' }))).toEqual(
      refused('evil.test'),
    );
  });

  test('names of this machine, of the list and of the public URL are answered on any port', async () => {
    const hosts = [
      'localhost',
      'localhost:4400',
      'paggio.localhost:1',
      '127.0.0.1',
      '127.9.9.9:80',
      '[::1]:4400',
      'gateway.test:99',
      'GATEWAY.test.',
      'a.preview.test',
    ];
    for (const host of hosts) {
      expect([host, (await ask(server, host, '/health')).status]).toEqual([host, 200]);
      expect([host, (await ask(server, host, '/api/v1/events', { headers: [bearer] })).status]).toEqual([host, 200]);
      expect([host, (await ask(server, host, '/dashboard')).status]).toEqual([host, 200]);
    }
    server.paggio.host.address.publishedAt('https://hooks.example.com/');
    expect((await ask(server, 'hooks.example.com', '/health')).status).toBe(200);
    server.paggio.host.address.publishedAt(`http://127.0.0.1:${server.port}`);
    expect((await ask(server, 'hooks.example.com', '/health')).status).toBe(403);
  });

  test('a name that only looks like an allowed one is refused', async () => {
    for (const host of ['localhost.evil.test', '127.0.0.1.evil.test', 'preview.test', 'xgateway.test', '10.0.0.1'])
      expect(refusalOf(await ask(server, host, '/health'))).toEqual(refused(host));
    for (const host of ['localhost#.evil.test', 'evil.test@localhost', 'localhost/x'])
      expect((await ask(server, host, '/health')).status).toBe(403);
  });

  test('only the host that a page cannot change counts, whatever it sends as a forwarded host', async () => {
    const behind = await startGatewayServer(
      { ...withoutDelivery, trustedProxies: ['127.0.0.0/8'], ...withoutDelivery },
      { dashboard: true, allowedHosts: ['gateway.test'] },
    );
    const asked = async (host: string, forwarded: string): Promise<number> =>
      (await ask(behind, host, '/health', { headers: [['X-Forwarded-Host', forwarded]] })).status;
    expect(await asked('evil.test', 'localhost')).toBe(403);
    expect(await asked('127.0.0.1', 'evil.test')).toBe(403);
    expect(await asked('127.0.0.1', 'gateway.test')).toBe(200);
    await behind.stop();
    // Without a trusted proxy, nobody's forwarded host is believed.
    const headers: [string, string][] = [['X-Forwarded-Host', 'localhost']];
    expect((await ask(server, 'evil.test', '/health', { headers })).status).toBe(403);
  });

  test('webhooks and signed ingest are accepted under any name', async () => {
    const { endpoint, secret } = await server.paggio.admin.endpoints.create(owner, { name: 'open' });
    const taken = await ask(server, 'evil.test', `/api/webhook/${endpoint.slug}`, { method: 'POST', body: '{}' });
    expect(taken.status).toBe(200);
    const body = '{"event_type":"a"}';
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
    const headers: [string, string][] = [bearer, ['X-PJ-Timestamp', timestamp], ['X-PJ-Signature', signature]];
    expect((await ask(server, 'evil.test', `/e/${endpoint.id}`, { method: 'POST', headers, body })).status).toBe(202);
  });

  test('the refusal says which option to set', async () => {
    const { hint } = JSON.parse((await ask(server, 'evil.test', '/health')).body.toString()) as { hint: string };
    for (const name of ['PAGGIO_PUBLIC_URL', 'publicUrl', 'PAGGIO_ALLOWED_HOSTS', 'allowedHosts'])
      expect(hint).toContain(name);
  });
});

describe('an app without a list of hosts', () => {
  const anybody = { resolveUser: () => ({ userId: owner.userId }) };
  /** Paths that answer without a key and show something. */
  const open = ['/health', '/openapi.json', '/dashboard', '/dashboard/api/v1/endpoints', '/api/v1/endpoints'];

  test('an app without a public address is taken for a local one and answers only local names without a key', async () => {
    const server = await startGatewayServer(withoutDelivery, { dashboard: true, ...anybody });
    for (const path of open) {
      expect([path, refusalOf(await ask(server, 'evil.test', path))]).toEqual([path, refused('evil.test')]);
      expect([path, (await ask(server, 'localhost:3000', path)).status]).toEqual([path, 200]);
    }
    // A page of a stranger does not have a key, and inventing one does not help.
    const headers: [string, string][] = [['Authorization', `Bearer ${server.key}`]];
    expect((await ask(server, 'app.test', '/api/v1/endpoints', { headers })).status).toBe(200);
    const wrong: [string, string][] = [['Authorization', 'Bearer pk_live_x']];
    expect((await ask(server, 'evil.test', '/api/v1/endpoints', { headers: wrong })).status).toBe(401);
    expect((await ask(server, 'evil.test', '/health', { headers })).status).toBe(403);
    expect((await ask(server, 'evil.test', '/dashboard/session', { headers })).status).toBe(403);
    await server.stop();
  });

  test('the app answers behind a TLS proxy on its machine, and once it has a public address', async () => {
    const server = await startGatewayServer(withoutDelivery, { dashboard: true, ...anybody });
    // Browsers send this over TLS and to local names. A rebound page comes by plain HTTP and another name.
    const headers: [string, string][] = [['Sec-Fetch-Site', 'same-origin']];
    for (const path of open)
      expect([path, (await ask(server, 'app.test', path, { headers })).status]).toEqual([path, 200]);
    server.paggio.host.address.publishedAt('https://hooks.example.com');
    for (const path of open) expect([path, (await ask(server, 'app.test', path)).status]).toEqual([path, 200]);
    await server.stop();
  });

  test('the app answers to any name when it is not reached at a loopback address', async () => {
    const gateway = await startGateway(withoutDelivery);
    const handle = createNodeHandler(gateway.paggio, { health: true });
    const server = createServer((incoming, response) => {
      Object.defineProperty(incoming.socket, 'localAddress', { value: '192.0.2.1' });
      handle(incoming, response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    expect((await ask({ port }, 'app.test', '/health')).status).toBe(200);
    await close(server);
    await gateway.stop();
  });
});

describe('a Fetch handler', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = await startGateway(withoutDelivery);
  });

  afterAll(() => gateway.stop());

  const statusOf = async (options: MountOptions<Request>, host: string, remoteAddr?: string): Promise<number> => {
    const handle = createFetchHandler(gateway.paggio, { health: true, ...options });
    return (await handle(new Request(`http://${host}/health`), { remoteAddr }))?.status ?? 0;
  };

  test('the address of the peer decides whether the app is reached from this machine', async () => {
    expect(await statusOf({}, 'evil.test', '127.0.0.1')).toBe(403);
    expect(await statusOf({}, 'localhost:3000', '127.0.0.1')).toBe(200);
    expect(await statusOf({}, 'evil.test', '198.51.100.1')).toBe(200);
    expect(await statusOf({}, 'evil.test')).toBe(200);
    expect(await statusOf({ allowedHosts: [] }, 'evil.test')).toBe(403);
    expect(await statusOf({ allowedHosts: ['*'] }, 'evil.test', '127.0.0.1')).toBe(200);
  });

  test('the Host header decides when the runtime puts another host into the URL', async () => {
    const handle = createFetchHandler(gateway.paggio, { health: true, allowedHosts: [] });
    const statusFor = async (url: string, host: string): Promise<number> =>
      (await handle(new Request(url, { headers: { host } })))?.status ?? 0;
    expect(await statusFor('http://0.0.0.0:3000/health', 'localhost:3000')).toBe(200);
    expect(await statusFor('http://localhost:3000/health', 'evil.test')).toBe(403);
  });
});

test('an entry that is not a valid host is refused when the handler is made', async () => {
  const gateway = await startGateway(withoutDelivery);
  for (const entry of ['https://hooks.example.com', 'hooks.example.com:443', ''])
    expect(() => createNodeHandler<IncomingMessage>(gateway.paggio, { allowedHosts: [entry] })).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', message: `allowedHosts: "${entry}" is not a valid host` }),
    );
  await gateway.stop();
});
