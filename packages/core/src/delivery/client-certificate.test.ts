import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import axios from 'axios';
import { identityOf } from '../endpoints/destination-tls';
import { capture, ConnectProxy, owner, settled, startGateway, until, type TestGateway } from '../testing';
import { AddressGuard } from '../transport/address-guard';
import { axiosTransport } from '../transport/axios-transport';
import { Connector } from '../transport/connector';
import { EgressProxy } from '../transport/egress-proxy';
import { TlsTrust, type TlsIdentity } from '../transport/tls-trust';
import type { Transport, TransportResult } from '../transport/transport';
import { undiciTransport } from '../transport/undici-transport';

const file = (name: string): string => join(__dirname, '../testing/tls', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');
const client = { certificate: pem('client.pem'), privateKey: pem('client-key.pem') };
const other = { certificate: pem('other-client.pem'), privateKey: pem('other-client-key.pem') };
/** A certificate that the authority trusted by the destinations below has not signed. */
const stranger = { certificate: pem('self-signed.pem'), privateKey: pem('key.pem') };
const trust = new TlsTrust([pem('authority.pem')]);

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A destination that asks for a client certificate and records whose it was. */
class Destination {
  /** The name in the client certificate of each request; `null` means that there was no certificate. */
  readonly seen: (string | null)[] = [];
  connections = 0;

  private constructor(private readonly server: Server) {}

  /** @param demanding whether it refuses clients without a certificate of the authority */
  static async start(demanding = true, options: ServerOptions = {}): Promise<Destination> {
    const server = createServer({
      key: pem('server-key.pem'),
      cert: pem('server.pem'),
      ca: pem('authority.pem'),
      requestCert: true,
      rejectUnauthorized: demanding,
      ...options,
    });
    const destination = new Destination(server);
    server.on('secureConnection', () => destination.connections++);
    server.on('request', (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      // `subject` is an empty object without a certificate.
      destination.seen.push((subject as { CN: string } | undefined)?.CN ?? null);
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    ending.push(() => new Promise((done) => (server.closeAllConnections(), server.close(done))));
    return destination;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}/hook`;
  }
}

interface Way {
  name: string;
  make: (connector: Connector) => Transport;
  way: string;
}

const makers: [string, (connector: Connector) => Transport][] = [
  ['undici', undiciTransport],
  ['axios', (connector) => axiosTransport(axios.create(), connector)],
];
const routes = ['no proxy', 'an egress proxy'];
const all = makers.flatMap(([name, make]) => routes.map((way) => ({ name, make, way })));
// Each client and each way once, and all combinations in the full check.
const ways = process.env['PAGGIO_FULL'] ? all : [all[0] as Way, all[3] as Way];

describe.each(ways)('client certificates with $name through $way', ({ make, way }) => {
  let transport: Transport;
  beforeEach(async () => {
    let egress: EgressProxy | null = null;
    if (way !== 'no proxy') {
      const proxy = await ConnectProxy.start();
      ending.push(() => proxy.stop());
      egress = new EgressProxy(`http://127.0.0.1:${proxy.port}`, 'address', trust);
    }
    transport = make(new Connector(new AddressGuard(['127.0.0.0/8']), trust, egress));
    ending.push(() => transport.close());
  });

  function send(port: number, identity: TlsIdentity | null): Promise<TransportResult> {
    const request = { method: 'POST', target: '/hook', headers: [], body: Buffer.from('{}'), timeoutMs: 10_000 };
    return transport.send({ ...request, origin: `https://127.0.0.1:${port}`, identity });
  }
  const identity = (destinationId: string, one: { certificate: string; privateKey: string }): TlsIdentity =>
    identityOf(destinationId, { ...one, authorities: null });

  test('a destination that demands a certificate gets it, and the error says when it is missing or refused', async () => {
    const { port, seen } = await Destination.start();
    expect(await send(port, identity('one', client))).toMatchObject({ status: 200, error: null });
    expect((await send(port, null)).error).toEqual({
      code: 'tls_client_certificate',
      message: expect.stringContaining('demands a client certificate'),
    });
    // Node's server closes the connection without an alert.
    expect((await send(port, identity('one', stranger))).error).toEqual({
      code: 'connection_reset',
      message: expect.stringContaining('do not accept the client certificate'),
    });
    expect(seen).toEqual(['Paggio client']);
  });

  test('neither identities nor destinations with the same certificate share connections', async () => {
    const destination = await Destination.start(false);
    const { port, seen } = destination;
    const identities = [identity('one', client), identity('one', other), identity('two', client), null];
    for (let round = 0; round < 3; round++) {
      for (const one of identities) expect((await send(port, one)).status).toBe(200);
      await new Promise((done) => setTimeout(done, 5));
    }
    const names = ['Paggio client', 'Other client', 'Paggio client', null];
    expect(seen).toEqual([...names, ...names, ...names]);
    expect(destination.connections).toBeGreaterThanOrEqual(4);
    // Each identity keeps its own connections.
    expect(destination.connections).toBeLessThan(12);
  });

  test('before TLS 1.3 the error names a missing certificate as a possible cause', async () => {
    const { port } = await Destination.start(true, { maxVersion: 'TLSv1.2' });
    expect(await send(port, identity('one', client))).toMatchObject({ status: 200, error: null });
    expect((await send(port, null)).error).toEqual({
      code: 'tls_failed',
      message: expect.stringContaining('demands a client certificate'),
    });
  });

  (hasOpenssl ? test : test.skip)('the error explains that a server refused the certificate by an alert', async () => {
    const args = ['s_server', '-accept', '127.0.0.1:0', '-key', file('server-key.pem'), '-cert', file('server.pem')];
    const asking = ['-CAfile', file('authority.pem'), '-Verify', '2', '-verify_return_error'];
    const server = spawn('openssl', [...args, ...asking], { stdio: ['pipe', 'pipe', 'ignore'] });
    ending.push(async () => server.kill());
    const port = await new Promise<number>((done) => {
      let text = '';
      server.stdout.on('data', (chunk: Buffer) => {
        const found = /ACCEPT \S*:(\d+)/.exec((text += chunk.toString()));
        if (found) done(Number(found[1]));
      });
    });
    for (const one of [identity('one', stranger), null])
      expect((await send(port, one)).error?.code).toBe('tls_client_certificate');
  });
});

describe('destinations with tls', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ certificateAuthorities: pem('authority.pem') });
  });
  afterAll(() => gateway.stop());

  const soon = { maxAttempts: 20, baseSeconds: 1, factor: 1, capSeconds: 1, floorSeconds: 0 };

  test('a changed certificate applies from the next attempt, and null removes it', async () => {
    const { endpoints, events } = gateway.paggio.admin;
    const { url, seen } = await Destination.start();
    const { endpoint } = await endpoints.create(owner, { name: 'm', destinations: [{ url, retry: soon }] });
    const id = await capture(gateway.paggio, endpoint.slug, '{"a":1}');
    await until(gateway.paggio, async () => (await events.get(owner, id)).attempts[0]);
    const [destination] = endpoint.destinations;
    const changed = await endpoints.updateDestination(owner, endpoint.id, destination?.id as string, { tls: client });
    expect(changed.tls).toEqual({
      certificate: {
        subject: 'CN=Paggio client',
        issuer: 'CN=Paggio test authority',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        expiresAt: new Date('2126-11-05T11:49:18.000Z'),
      },
      certificateAuthorities: [],
    });
    const event = await settled(gateway.paggio, owner, id);
    expect(event.status).toBe('delivered');
    expect(event.attempts.map(({ error }) => error?.split(':')[0] ?? null)).toContain('tls_client_certificate');
    expect(seen).toEqual(['Paggio client']);

    // A change that does not mention tls leaves it alone.
    const { id: destinationId } = changed;
    await endpoints.update(owner, endpoint.id, { destinations: [{ id: destinationId, timeoutSeconds: 9 }] });
    await settled(gateway.paggio, owner, await capture(gateway.paggio, endpoint.slug, '{"a":2}'));
    await endpoints.updateDestination(owner, endpoint.id, destinationId, { tls: other });
    await settled(gateway.paggio, owner, await capture(gateway.paggio, endpoint.slug, '{"a":3}'));
    expect(seen).toEqual(['Paggio client', 'Paggio client', 'Other client']);
    const none = { tls: null, retry: { maxAttempts: 1 } };
    expect(await endpoints.updateDestination(owner, endpoint.id, destinationId, none)).toMatchObject({ tls: null });
    const last = await settled(gateway.paggio, owner, await capture(gateway.paggio, endpoint.slug, '{"a":4}'));
    expect(last.attempts[0]?.error).toMatch(/^tls_client_certificate/);
  });

  test('a replay presents the certificate to the origin of its destination and to no other', async () => {
    const { endpoints, replays } = gateway.paggio.admin;
    const [home, elsewhere] = [await Destination.start(), await Destination.start(false)];
    const { endpoint } = await endpoints.create(owner, { name: 'r', destinations: [{ url: home.url, tls: client }] });
    const id = await capture(gateway.paggio, endpoint.slug, '{}');
    await settled(gateway.paggio, owner, id);
    for (const target of [{ destinationUrl: `${home.url}/again` }, { environment: 'original' } as const])
      expect(await replays.send(owner, id, target)).toMatchObject({ status: 'delivered' });
    for (const includeCredentials of [false, true]) {
      const target = { destinationUrl: elsewhere.url };
      const actor = { ...owner, scopes: new Set(['write', 'resign'] as const) };
      expect(await replays.send(actor, id, target, { includeCredentials })).toMatchObject({ status: 'delivered' });
    }
    expect([home.seen, elsewhere.seen]).toEqual([Array(3).fill('Paggio client'), [null, null]]);
  });

  test('a private authority of one destination is trusted for that destination only', async () => {
    const { endpoints } = gateway.paggio.admin;
    const self = { key: pem('key.pem'), cert: pem('self-signed.pem') };
    const { url } = await Destination.start(false, self);
    const send = async (tls: object | null): Promise<string | null | undefined> => {
      const destinations = [{ url, tls, retry: { maxAttempts: 1 } }];
      const { endpoint } = await endpoints.create(owner, { name: 'a', destinations });
      const event = await settled(gateway.paggio, owner, await capture(gateway.paggio, endpoint.slug, '{}'));
      return event.attempts[0]?.error;
    };
    expect(await send({ certificateAuthorities: self.cert })).toBeNull();
    expect(await send(null)).toMatch(/^tls_self_signed/);
    expect(await send({ certificateAuthorities: pem('authority.pem') })).toMatch(/^tls_self_signed/);
  });
});
