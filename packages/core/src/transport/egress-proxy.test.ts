import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import axios from 'axios';
import { ConnectProxy, Recorder, type ConnectProxySettings } from '../testing';
import { AddressGuard, NameResolutionError, type Resolve } from './address-guard';
import { axiosTransport } from './axios-transport';
import { Connector } from './connector';
import { EgressProxy, egressProxyProblem, type EgressProxyTarget } from './egress-proxy';
import { TlsTrust } from './tls-trust';
import type { Transport, TransportRequest } from './transport';
import { undiciTransport } from './undici-transport';

const pem = (name: string): Buffer => readFileSync(join(__dirname, '../testing/tls', name));
const trust = new TlsTrust([pem('authority.pem').toString()]);
const ending: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of ending.splice(0)) await one.stop();
});

async function startProxy(settings: ConnectProxySettings = {}, host?: string): Promise<ConnectProxy> {
  const proxy = await ConnectProxy.start(settings, host);
  ending.push(proxy);
  return proxy;
}

async function startRecorder(): Promise<Recorder> {
  const recorder = await Recorder.start();
  ending.push(recorder);
  return recorder;
}

const publicAddress: Resolve = async () => [{ address: '93.184.216.34', family: 4 }];

function request(origin: string, change: Partial<TransportRequest> = {}): TransportRequest {
  return { method: 'POST', origin, target: '/hook', headers: [], body: Buffer.from('{}'), timeoutMs: 5_000, ...change };
}

const makers: [string, (connector: Connector) => Transport][] = [
  ['undici', undiciTransport],
  ['axios', (connector) => axiosTransport(axios.create(), connector)],
];

describe.each(makers)('through a proxy, with %s', (_name, make) => {
  function transport(
    proxyUrl: string,
    {
      resolve = publicAddress,
      target = 'address',
      networks = [],
    }: { resolve?: Resolve; target?: EgressProxyTarget; networks?: string[] } = {},
  ): Transport {
    const guard = new AddressGuard(networks, resolve);
    const proxy = new EgressProxy(proxyUrl, target, trust, async (host) => [
      { address: host === 'proxy.example' ? '127.0.0.1' : host, family: 4 },
    ]);
    const one = make(new Connector(guard, trust, proxy));
    ending.push({ stop: () => one.close() });
    return one;
  }

  test('an http destination is reached by a tunnel to the address that was checked, and connections are kept', async () => {
    const recorder = await startRecorder();
    const proxy = await startProxy({ routes: { '93.184.216.34:8080': { host: '127.0.0.1', port: recorder.port } } });
    const one = transport(`http://127.0.0.1:${proxy.port}`);
    for (let n = 0; n < 3; n++) {
      // A client may open a second connection if the first is not free again at once.
      expect(await one.send(request('http://dest.example:8080'))).toMatchObject({ status: 200, error: null });
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(recorder.requests.map(({ url, headers }) => [url, headers.host])).toEqual(
      Array(3).fill(['/hook', 'dest.example:8080']),
    );
    expect([new Set(proxy.asked), proxy.others]).toEqual([new Set(['93.184.216.34:8080']), []]);
    expect(proxy.asked.length).toBeLessThan(3);
    expect(JSON.stringify(recorder.requests.map(({ rawHeaders }) => rawHeaders)).toLowerCase()).not.toContain('proxy');
  });

  test.each(['http', 'https'])(
    'TLS is spoken with the destination itself, by its name, through an %s proxy',
    async (scheme) => {
      const server = createHttpsServer({ key: pem('server-key.pem'), cert: pem('server.pem') }, (incoming, response) =>
        response.end(incoming.headers.host),
      );
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      ending.push({ stop: () => new Promise((done) => server.closeAllConnections() ?? server.close(done)) });
      const to = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
      const tls = scheme === 'https' ? { key: pem('server-key.pem'), cert: pem('server.pem') } : undefined;
      const credentials = 'us er:p@ss:wörd';
      const proxy = await startProxy({ tls, credentials, routes: { '93.184.216.34:443': to } });
      const userInfo = 'us%20er:p%40ss%3Aw%C3%B6rd';
      const one = transport(`${scheme}://${userInfo}@proxy.example:${proxy.port}`);
      const result = await one.send(request('https://dest.example'));
      expect([result.error, result.status, result.body.toString()]).toEqual([null, 200, 'dest.example']);
      // A certificate for another name is refused, whatever the proxy says.
      expect((await one.send(request('https://wrong.example'))).error?.code).toBe('tls_wrong_host');
    },
  );

  test('names and literals that are not public are refused, and the proxy is not asked for them', async () => {
    const proxy = await startProxy();
    const inner: Resolve = async () => [{ address: '10.0.0.5', family: 4 }];
    for (const target of ['address', 'name'] as const) {
      const one = transport(`http://127.0.0.1:${proxy.port}`, { resolve: inner, target });
      // The proxy's own address is allowed as a proxy, but not as a destination.
      for (const host of [
        'inner.example',
        '127.0.0.1',
        '[::1]',
        '10.0.0.5',
        '169.254.169.254',
        `127.0.0.1:${proxy.port}`,
      ]) {
        const { error } = await one.send(request(`http://${host}`));
        expect([target, host, error?.code]).toEqual([target, host, 'blocked_address']);
      }
      expect((await one.send(request('http://8.8.8.8:22'))).error?.code).toBe('blocked_address');
    }
    expect(proxy.asked).toEqual([]);
  });

  test('by default the proxy is asked for the checked address, even if the name changes its address later', async () => {
    const proxy = await startProxy({ refuse: () => 502 });
    let asked = 0;
    const resolve: Resolve = async () => [{ address: asked++ === 0 ? '93.184.216.34' : '10.0.0.5', family: 4 }];
    await transport(`http://127.0.0.1:${proxy.port}`, { resolve }).send(request('https://dest.example'));
    expect([asked, proxy.asked]).toEqual([1, ['93.184.216.34:443']]);
  });

  test('when the proxy does not reach the first address, it is asked for another one, IPv4 before IPv6', async () => {
    const recorder = await startRecorder();
    const to = { host: '127.0.0.1', port: recorder.port };
    const proxy = await startProxy({
      routes: { '93.184.216.35:80': to },
      refuse: (target) => (target.startsWith('93.184.216.34') ? 503 : null),
    });
    const resolve: Resolve = async () => [
      { address: '2606:4700::1111', family: 6 },
      { address: '93.184.216.34', family: 4 },
      { address: '93.184.216.35', family: 4 },
    ];
    const one = transport(`http://127.0.0.1:${proxy.port}`, { resolve });
    expect((await one.send(request('http://dest.example'))).status).toBe(200);
    expect(proxy.asked).toEqual(['93.184.216.34:80', '93.184.216.35:80']);
  });

  test('with the target "name" the proxy resolves names, even if the local DNS does not know them, but never local names', async () => {
    const recorder = await startRecorder();
    const proxy = await startProxy({ routes: { 'dest.example:80': { host: '127.0.0.1', port: recorder.port } } });
    const unknown: Resolve = async (name) => {
      throw new NameResolutionError(`${name} could not be resolved`, 'dns_not_found');
    };
    const one = transport(`http://127.0.0.1:${proxy.port}`, { resolve: unknown, target: 'name' });
    expect((await one.send(request('http://dest.example'))).status).toBe(200);
    for (const host of ['localhost', 'intranet', 'printer.local', 'metadata.google.internal'])
      expect([host, (await one.send(request(`http://${host}`))).error?.code]).toEqual([host, 'dns_not_found']);
    expect(proxy.asked).toEqual(['dest.example:80']);
    // By default a name that cannot be resolved, and so not checked, is not reached.
    const other = transport(`http://127.0.0.1:${proxy.port}`, { resolve: unknown });
    expect((await other.send(request('http://dest.example'))).error?.code).toBe('dns_not_found');
  });

  test('a failure of the proxy names the proxy and its answer, and never its password', async () => {
    const gone = await startProxy();
    const { port: gonePort } = gone;
    await gone.stop();
    ending.splice(ending.indexOf(gone), 1);
    const cases: [number, string, RegExp][] = [
      [
        (await startProxy({ credentials: 'other:one' })).port,
        'proxy_authentication',
        /asks for another user or password \(407\)$/,
      ],
      [
        (await startProxy({ refuse: () => 403 })).port,
        'proxy_refused',
        /answered 403 to CONNECT 93\.184\.216\.34:443$/,
      ],
      [(await startProxy({ refuse: () => 502 })).port, 'proxy_failed', /answered 502 to CONNECT 93\.184\.216\.34:443$/],
      [gonePort, 'proxy_unreachable', /cannot be reached \(ECONNREFUSED\)$/],
    ];
    for (const [port, code, message] of cases) {
      const one = transport(`http://user:s3cret-pass@127.0.0.1:${port}`);
      const { error, status } = await one.send(request('https://dest.example'));
      expect([error?.code, status]).toEqual([code, null]);
      expect(error?.message).toMatch(message);
      expect(error?.message).toContain(`the egress proxy 127.0.0.1:${port} `);
      expect(error?.message).not.toMatch(/s3cret|user:|dXNlcjp/);
    }
    const plain = await startRecorder();
    const noTls = transport(`https://127.0.0.1:${plain.port}`);
    expect((await noTls.send(request('https://dest.example'))).error).toEqual({
      code: 'proxy_unreachable',
      message: expect.stringContaining(`the egress proxy 127.0.0.1:${plain.port} cannot be reached (`),
    });
  });

  test("a proxy that does not answer runs into the attempt's timeout", async () => {
    const proxy = await startProxy({ silent: true });
    const one = transport(`http://127.0.0.1:${proxy.port}`);
    expect((await one.send(request('https://dest.example', { timeoutMs: 300 }))).error?.code).toBe('timeout');
    expect(proxy.asked).toEqual(['93.184.216.34:443']);
  });
});

test('a proxy that does not answer CONNECT in time has another error than a slow destination', async () => {
  const proxy = await startProxy({ silent: true });
  const egress = new EgressProxy(`http://127.0.0.1:${proxy.port}`, 'address', trust);
  const connecting = egress.connect(new AddressGuard([], publicAddress), 'dest.example', 443, 100);
  await expect(connecting).rejects.toMatchObject({ code: 'proxy_timeout' });
});

test('a text that is not a proxy URL is refused without repeating it', () => {
  for (const url of ['http://proxy.example:3128', 'https://u:p@proxy.example', 'http://[::1]:8080/'])
    expect([url, egressProxyProblem(url)]).toEqual([url, null]);
  for (const url of [
    'proxy.example:3128',
    'socks5://s3cret@proxy.example',
    'http://u:s3cret@proxy.example/path',
    'http://u:s3cret%@proxy.example',
    '',
    7,
    {},
  ])
    expect([url, egressProxyProblem(url)]).toEqual([
      url,
      expect.stringMatching(/^must be the http or https URL of a proxy(?!.*s3cret)/),
    ]);
});
