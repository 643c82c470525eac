import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scopes, type Principal, type Scope } from '@paggio/core';
import { owner } from '@paggio/core/testing';
import type { AxiosInstance } from 'axios';
import { denials, startGatewayServer, type GatewayServer } from './testing';

let server: GatewayServer;
let api: AxiosInstance;

beforeAll(async () => {
  server = await startGatewayServer({ apiRateLimit: null });
  api = server.api();
});

afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.stop();
});

const pem = (name: string): string => readFileSync(join(__dirname, '../../core/src/testing/tls', name), 'utf8');
const tls = { certificate: pem('client.pem'), private_key: pem('client-key.pem') };
const url = 'https://127.0.0.1:4999/in';
const everything: Principal = { ...owner, scopes: new Set(scopes), keyId: null };

async function apiWith(...wanted: Scope[]): Promise<AxiosInstance> {
  return server.api((await server.paggio.admin.keys.create(everything, { name: wanted.join(), scopes: wanted })).key);
}

const create = (destination: object): Promise<any> =>
  api.post('/api/v1/endpoints', { name: 'tls', destinations: [destination] });

test('TLS settings are shown without the key, in every answer and in the audit log', async () => {
  const { data, status } = await create({ url, tls: { ...tls, certificate_authorities: pem('authority.pem') } });
  expect(status).toBe(201);
  const [destination] = data.destinations;
  const facts = {
    issuer: 'CN=Paggio test authority',
    fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    expires_at: expect.stringMatching(/^2126-11-05T11:49:1[78]\.000Z$/),
  };
  expect(destination.tls).toEqual({
    certificate: { ...facts, subject: 'CN=Paggio client' },
    certificate_authorities: [{ ...facts, subject: 'CN=Paggio test authority' }],
  });
  const path = `/api/v1/endpoints/${data.id}`;
  const patched = await api.patch(`${path}/destinations/${destination.id}`, { tls });
  expect([patched.status, patched.data.tls.certificate_authorities]).toEqual([200, []]);
  // The change has another tag for a client that sends If-Match.
  const again = await api.patch(`${path}/destinations/${destination.id}`, { tls });
  expect(again.headers['etag']).toMatch(/^"/);
  expect(again.headers['etag']).not.toBe(patched.headers['etag']);
  const audit = await api.get('/api/v1/audit', { params: { object_id: destination.id } });
  expect(audit.data.data[0]).toMatchObject({ before: { tls: '***' }, after: { tls: '***' } });
  const answers = [data, patched.data, audit.data, (await api.get(path)).data, (await api.get(`${path}/secret`)).data];
  const secret = tls.private_key.split('\n')[1] as string;
  expect(secret.length).toBeGreaterThan(40);
  expect(JSON.stringify(answers)).not.toContain(secret);
  // Without TLS settings there is no member `tls`.
  const plain = await api.patch(`${path}/destinations/${destination.id}`, { tls: null });
  expect([plain.status, 'tls' in plain.data]).toEqual([200, false]);
});

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const encrypted = weak.privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();
const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

test.each<[string, object, string, RegExp]>([
  ['an empty object', {}, 'tls', /needs certificate and private_key/],
  ['a certificate without its key', { certificate: tls.certificate }, 'tls.private_key', /is required/],
  ['a key without its certificate', { private_key: tls.private_key }, 'tls.certificate', /is required/],
  ['the key of another certificate', { ...tls, private_key: pem('other-client-key.pem') }, 'tls.private_key', /belong/],
  ['another kind of key', { ...tls, private_key: ed25519 }, 'tls.private_key', /does not belong/],
  ['a key that cannot sign', { ...tls, private_key: x25519 }, 'tls.private_key', /RSA key of at most 4096 bits/],
  ['a key with a passphrase', { ...tls, private_key: encrypted }, 'tls.private_key', /without a passphrase/],
  ['a text that is not a certificate', { ...tls, certificate: 'none' }, 'tls.certificate', /in PEM/],
  ['a key in its place', { ...tls, certificate: tls.private_key }, 'tls.certificate', /in PEM/],
  ['an empty text of authorities', { certificate_authorities: '' }, 'tls.certificate_authorities', /in PEM/],
  ['a text that is too long', { certificate_authorities: 'x'.repeat(32_769) }, 'tls.certificate_authorities', /32768/],
  ['another type', { ...tls, certificate: 7 }, 'tls.certificate', /string|text/],
  ['an unknown member', { ...tls, passphrase: 'x' }, 'tls.passphrase', /./],
])('%s is refused by name, and the answer repeats nothing of it', async (_what, settings, field, message) => {
  const { status, data } = await create({ url, tls: settings });
  const details = data.details.map((one: any) => ({
    ...one,
    field: one.field.replace(/^destinations(\[0\]|\.0)\./, ''),
  }));
  expect([status, data.code, details]).toEqual([
    422,
    'VALIDATION_FAILED',
    expect.arrayContaining([{ field, message: expect.stringMatching(message) }]),
  ]);
  expect(JSON.stringify(data)).not.toContain('MII');
});

test('a destination without TLS can have no TLS settings, whichever of the two is changed', async () => {
  const plain = 'http://127.0.0.1:4999/in';
  const refused = { code: 'VALIDATION_FAILED', details: [{ message: expect.stringContaining('https') }] };
  expect((await create({ url: plain, tls })).data).toMatchObject(refused);
  const { id, destinations } = (await create({ url, tls })).data;
  const path = `/api/v1/endpoints/${id}/destinations/${destinations[0].id}`;
  expect((await api.patch(path, { url: plain })).data).toMatchObject(refused);
  expect((await api.patch(`/api/v1/endpoints/${id}`, { destination_url: plain })).data).toMatchObject(refused);
  expect((await api.patch(path, { url: plain, tls: null })).status).toBe(200);
  expect((await api.patch(path, { tls })).data).toMatchObject(refused);
  // Other settings can still be changed.
  expect((await api.patch(path, { timeout_seconds: 5 })).status).toBe(200);
});

describe('the certificate of a destination stays with its host', () => {
  const elsewhere = 'https://127.0.0.1:5000/in';

  test('the scope write alone cannot move the certificate to another host in any way', async () => {
    const { id, destinations } = (await create({ url, tls })).data;
    const [{ id: destinationId }] = destinations;
    const writer = await apiWith('read', 'write');
    const path = `/api/v1/endpoints/${id}`;
    for (const [at, body] of [
      [path, { destination_url: elsewhere }],
      [path, { destinations: [{ id: destinationId, url: elsewhere }] }],
      [`${path}/destinations/${destinationId}`, { url: elsewhere }],
      [`${path}/destinations/${destinationId}`, { url: 'https://localhost:4999/in' }],
    ] as const) {
      const { status, data } = await writer.patch(at, body);
      expect([at, status, data.code]).toEqual([at, 403, 'FORBIDDEN']);
      expect(data.message).toContain('"resign"');
    }
    expect((await api.get(path)).data.destination_url).toBe(url);
    const denied = await denials(server.paggio, api, ({ length }) => length >= 2);
    expect(denied.map(({ after }) => after)).toEqual(
      expect.arrayContaining([
        { operation: 'destinations.update', scope: 'resign' },
        { operation: 'endpoints.update', scope: 'resign' },
      ]),
    );
  });

  test('the same host, settings that are sent again, and the scope resign are allowed', async () => {
    const { id, destinations } = (await create({ url, tls })).data;
    const path = `/api/v1/endpoints/${id}/destinations/${destinations[0].id}`;
    const writer = await apiWith('read', 'write');
    const statuses = [];
    for (const body of [
      { url: `${url}/other` },
      { event_types: ['a'] },
      { url: elsewhere, tls },
      { url, tls: { certificate: pem('other-client.pem'), private_key: pem('other-client-key.pem') } },
    ])
      statuses.push((await writer.patch(path, body)).status);
    statuses.push((await (await apiWith('write', 'resign')).patch(path, { url: elsewhere })).status);
    statuses.push((await writer.patch(path, { url, tls: null })).status);
    // No certificate is left that could be moved.
    statuses.push((await writer.patch(path, { url: elsewhere })).status);
    expect(statuses).toEqual(Array(7).fill(200));
  });
});
