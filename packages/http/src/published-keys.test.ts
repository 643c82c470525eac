import { createPublicKey, randomBytes } from 'node:crypto';
import { findProvider, type Scheme } from '@paggio/providers';
import { Recorder } from '@paggio/core/testing';
import { request, startGatewayServer, type GatewayServer, type RawAnswer } from './testing';

const full = process.env['PAGGIO_FULL'] === '1';

let server: GatewayServer;
/** Plays the servers of PayPal and Plaid. */
let world: Recorder;
const published = new Map<string, string>();

beforeAll(async () => {
  world = await Recorder.start((asked, response) => {
    const text = published.get(asked.url);
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  server = await startGatewayServer({ trustedProxies: ['127.0.0.0/8'] }, {}, undefined, {
    transport: (real) => ({ ...real, send: (sent) => real.send({ ...sent, origin: world.url('') }) }),
  });
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
  await world.stop();
});

beforeEach(() => (world.requests.length = 0));

const FORGER = '203.0.113.9';
const GENUINE = '198.51.100.1';

const paypal = findProvider('paypal')?.schemes['certificate'] as Scheme;
const plaid = findProvider('plaid')?.schemes['es256'] as Scheme;

async function endpoint(verification: object): Promise<string> {
  const { data } = await server.api().post('/api/v1/endpoints', { name: 'keys', verification });
  return new URL(data.webhook_url).pathname;
}

function send(path: string, from: string, headers: [string, string][], body = '{"id":"WH-1"}'): Promise<RawAnswer> {
  return request(server.port, { path, headers: [['X-Forwarded-For', from], ...headers], body });
}

const input = (secret: string, body: string) => ({
  method: 'POST',
  rawHeaders: [],
  secret,
  publicUrl: null,
  timestamp: Date.now(),
  id: randomBytes(8).toString('hex'),
  body: Buffer.from(body),
});

/** A webhook of PayPal that names a certificate. */
function signedByPayPal(signingKey: string, certificate: string): [string, string][] {
  return paypal
    .sign(input(signingKey, '{"id":"WH-1"}'))
    .headers.map(([name, value]) => [
      name,
      name === 'paypal-cert-url' ? `https://api.paypal.com/v1/notifications/certs/${certificate}` : value,
    ]);
}

test('forged webhooks of PayPal stop neither genuine senders nor other endpoints', async () => {
  const pair = paypal.createTestSecret();
  const pem = pair.signingKey.slice(pair.signingKey.indexOf('-----BEGIN'));
  for (const name of ['CERT-new', 'CERT-other'])
    published.set(
      `/v1/notifications/certs/${name}`,
      createPublicKey(pem).export({ format: 'pem', type: 'spki' }) as string,
    );
  const flooded = await endpoint({ provider: 'paypal', secrets: [pair.secret] });
  const quiet = await endpoint({ provider: 'paypal', secrets: [pair.secret] });
  const invented = Array.from({ length: full ? 120 : 40 }, (_, n) =>
    signedByPayPal(pair.signingKey, `CERT-invented-${n}`),
  );
  const forged = await Promise.all(invented.map((headers) => send(flooded, FORGER, headers)));
  expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([401, 503]));
  expect(world.requests.length).toBeLessThanOrEqual(15);
  // A certificate that is still unknown, at the flooded endpoint and at another one.
  const genuine = signedByPayPal(pair.signingKey, 'CERT-new');
  expect((await send(flooded, GENUINE, genuine)).status).toBe(200);
  expect((await send(quiet, FORGER, signedByPayPal(pair.signingKey, 'CERT-other'))).status).toBe(200);
  // The certificate is known now and needs no look-up, even for the forger's address.
  expect((await send(flooded, FORGER, signedByPayPal(pair.signingKey, 'CERT-new'))).status).toBe(200);
});

test('a request that cannot be genuine is refused without a look-up', async () => {
  const pair = paypal.createTestSecret();
  const path = await endpoint({ provider: 'paypal', secrets: [pair.secret] });
  const good = signedByPayPal(pair.signingKey, 'CERT-1');
  const without = (name: string): [string, string][] => good.filter(([one]) => one !== name);
  const changed = (name: string, value: string): [string, string][] => [...without(name), [name, value]];
  for (const headers of [
    [],
    without('paypal-transmission-sig'),
    without('paypal-transmission-id'),
    without('paypal-transmission-time'),
    changed('paypal-auth-algo', 'none'),
    changed('paypal-transmission-sig', '!'),
    changed('paypal-cert-url', 'https://x.paypal.com/1'),
    [...good, good[0] as [string, string]],
  ])
    expect((await send(path, FORGER, headers)).status).toBe(401);

  const key = plaid.createTestSecret();
  const byId = await endpoint({ provider: 'plaid', secrets: ['api secret'], settings: { client_id: 'c' } });
  const body = '{"webhook_code":"X"}';
  const token = plaid.sign(input(key.signingKey, body)).headers;
  const old = plaid.sign({ ...input(key.signingKey, body), timestamp: Date.now() - 400_000 }).headers;
  expect((await send(byId, FORGER, token, `${body} `)).status).toBe(401);
  expect((await send(byId, FORGER, old, body)).status).toBe(401);
  expect((await send(byId, FORGER, [['plaid-verification', 'a.b.c']], body)).status).toBe(401);
  expect(world.requests).toEqual([]);
});

test('invented key ids of Plaid are limited for each sender, and a genuine id from elsewhere is still looked up', async () => {
  const pair = plaid.createTestSecret();
  const body = '{"webhook_code":"X"}';
  const path = await endpoint({ provider: 'plaid', secrets: ['api secret'], settings: { client_id: 'c' } });
  const { headers } = plaid.sign(input(pair.signingKey, body));
  const [[name, token]] = headers as [[string, string]];
  const withKid = (n: number): [string, string][] => {
    const [head = '', ...rest] = token.split('.');
    const parsed = JSON.parse(Buffer.from(head, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...parsed, kid: `made-up-key-${n}` })).toString('base64url');
    return [[name, [changed, ...rest].join('.')]];
  };
  const forged = await Promise.all(Array.from({ length: 100 }, (_, n) => send(path, FORGER, withKid(n), body)));
  expect(new Set(forged.map(({ status }) => status))).toEqual(new Set([401]));
  expect(world.requests).toHaveLength(15);
  const jwk = createPublicKey(pair.signingKey).export({ format: 'jwk' });
  published.set('/webhook_verification_key/get', JSON.stringify({ key: { ...jwk, alg: 'ES256' } }));
  expect((await send(path, GENUINE, headers, body)).status).toBe(200);
});
