import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { AddressGuard } from './address-guard';
import { Connector } from './connector';
import { certificatesIn, TlsTrust } from './tls-trust';
import { undiciTransport } from './undici-transport';

const file = (name: string): string => join(__dirname, '../testing/tls', name);
const pem = (name: string): string => readFileSync(file(name), 'utf8');
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer({ key: pem('server-key.pem'), cert: pem('server.pem') }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port;
});

afterAll(() => server.close());

test('a destination with a private authority is trusted when the operator adds the authority; the error says how', async () => {
  const send = async (trust: TlsTrust): Promise<unknown> => {
    const guard = new AddressGuard(['127.0.0.0/8'], async () => [{ address: '127.0.0.1', family: 4 }]);
    const transport = undiciTransport(new Connector(guard, trust));
    const request = { method: 'POST', target: '/', headers: [], body: Buffer.from('{}'), timeoutMs: 5_000 };
    const { status, error } = await transport.send({ ...request, origin: `https://dest.example:${port}` });
    await transport.close();
    return error ?? status;
  };
  expect(await send(new TlsTrust())).toEqual({
    code: 'tls_untrusted',
    message: expect.stringMatching(/PAGGIO_CA_FILE.*certificateAuthorities.*NODE_EXTRA_CA_CERTS/),
  });
  expect(await send(new TlsTrust([pem('self-signed.pem')]))).toMatchObject({ code: 'tls_untrusted' });
  expect(await send(new TlsTrust([`Comment\n${pem('self-signed.pem')}\n${pem('authority.pem')}`]))).toBe(200);
});

const lists = 'getCACertificates' in tls;

(lists ? test : test.skip)('additional authorities do not replace those of NODE_EXTRA_CA_CERTS', async () => {
  const run = async (extra: string, authorities: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(__dirname, '../testing/tls-trust.js'), String(port), JSON.stringify(authorities)],
      { env: { NODE_EXTRA_CA_CERTS: extra } },
    );
    return stdout.trim();
  };
  expect(await run(file('authority.pem'), [pem('self-signed.pem')])).toBe('trusted');
  expect(await run('', [pem('self-signed.pem')])).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('a text without certificates, or with a damaged one, is not accepted as authorities', () => {
  expect(certificatesIn(pem('authority.pem') + pem('server.pem'))).toHaveLength(2);
  const damaged = pem('authority.pem').replace(/MII./, 'AAAA');
  for (const text of ['', 'none', pem('server-key.pem'), damaged, pem('server.pem') + damaged])
    expect(certificatesIn(text)).toBeUndefined();
});
