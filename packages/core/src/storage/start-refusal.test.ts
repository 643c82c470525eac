import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { SCRAM_ROLE } from '@paggio/embedded-database/testing';
import { createPaggio } from '../index';
import { createTestDatabase, query, testMasterKey, type TestDatabase } from '../testing';
import { migrate } from './migration-sql';
import { startRefusal } from './start-refusal';

let database: TestDatabase;
let name: string;
const servers: Server[] = [];
const roles: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  name = new URL(database.url).pathname.slice(1);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await database.drop();
  for (const role of roles) await query(process.env['PAGGIO_TEST_DATABASE_URL'] as string, `drop role ${role}`);
});

function at(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

async function roleWith(sql: (role: string) => string): Promise<string> {
  const role = `refused_${randomBytes(6).toString('hex')}`;
  roles.push(role);
  await query(database.url, `create role ${role} login password 'x'; ${sql(role)}`);
  return at((url) => {
    url.username = role;
    url.password = 'x';
  });
}

async function another(options: string, after: (name: string) => string = () => ''): Promise<string> {
  const other = `${name}_${randomBytes(3).toString('hex')}`;
  await query(database.url, `create database ${other} ${options}`);
  const more = after(other);
  if (more !== '') await query(database.url, more);
  others.push(other);
  return at((url) => (url.pathname = `/${other}`));
}
const others: string[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await query(database.url, `drop database ${other} with (force)`);
});

/** Starts a server that answers with `answer`, and returns its URL. */
async function serving(answer: (socket: Socket, first: Buffer) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => answer(socket, first));
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `postgres://app:x@127.0.0.1:${(server.address() as AddressInfo).port}/app`;
}

function saying(code: string, message: string): (socket: Socket) => void {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(body.length + 4, 1);
  return (socket) => socket.end(Buffer.concat([head, body]));
}

const tls = (file: string): Buffer => readFileSync(join(__dirname, '../testing/tls', file));

const starts: [what: string, url: () => string | Promise<string>, message: RegExp, hint: RegExp][] = [
  [
    'a wrong password',
    () => at((url) => (url.password = 'wrong')),
    /refused the password: .*authentication failed/,
    /percent-encode/,
  ],
  ['a missing password', () => at((url) => (url.password = '')), /asks for a password/, /Add the password/],
  [
    'a missing password of a role that signs in with SCRAM',
    async () => {
      roles.push(SCRAM_ROLE);
      await query(database.url, `create role ${SCRAM_ROLE} login password 'x'`);
      return at((url) => {
        url.username = SCRAM_ROLE;
        url.password = '';
      });
    },
    /asks for a password/,
    /Add the password/,
  ],
  [
    'a database that does not exist',
    () => at((url) => (url.pathname = '/none')),
    /does not exist: database "none"/,
    /Create it/,
  ],
  [
    'a role without CREATE',
    () => roleWith(() => ''),
    /lacks a right: permission denied for database/,
    /migrate --sql --grant/,
  ],
  [
    'a role that is read-only',
    () => roleWith((role) => `alter role ${role} set default_transaction_read_only = on`),
    /read-only: default_transaction_read_only is on/,
    /default_transaction_read_only = off/,
  ],
  [
    'a role without connections',
    () => roleWith((role) => `alter role ${role} connection limit 0`),
    /no connections left/,
    /11 connections/,
  ],
  [
    'a database that takes no connections',
    () => another('', (other) => `alter database ${other} allow_connections false`),
    /accepts no connections/,
    /see its log/,
  ],
  [
    'a database in another encoding',
    () => another(`encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'`),
    /has the encoding LATIN1/,
    /encoding 'UTF8' template template0/,
  ],
  [
    'a port where nobody listens',
    () => at((url) => (url.port = '1')),
    /does not answer: .*ECONNREFUSED/,
    /Check the database URL/,
  ],
  [
    'a host that is not known',
    () => at((url) => (url.hostname = 'nowhere.invalid')),
    /host of the database/,
    /host|DNS/,
  ],
  [
    'a socket that is not there',
    () => 'postgres:///x?host=/none',
    /socket of the database does not exist/,
    /directory/,
  ],
  ['TLS that is not offered', () => serving((socket) => socket.end('N')), /offers no TLS/, /ssl = on/],
  [
    'a certificate that nobody vouches for',
    () =>
      serving((socket) => {
        socket.write('S');
        new TLSSocket(socket, { isServer: true, key: tls('key.pem'), cert: tls('self-signed.pem') }).on(
          'error',
          () => undefined,
        );
      }),
    /No TLS connection .*certificate/,
    /sslrootcert=.*TLS to the database/,
  ],
  [
    'a pooler that takes no options',
    () => serving(saying('08P01', 'unsupported startup parameter: options')),
    /pooler/,
    /session mode/,
  ],
  [
    'a user that pg_hba.conf does not allow',
    () => serving(saying('28000', 'no pg_hba.conf entry for host "1.2.3.4", no encryption')),
    /refused the user/,
    /pg_hba/,
  ],
  [
    'a server that is starting up',
    () => serving(saying('57P03', 'the database system is starting up')),
    /is not ready/,
    /start again/,
  ],
  [
    'an unknown tenant',
    () => serving(saying('XX000', 'Tenant or user not found')),
    /refused: Tenant/,
    /Check the database URL/,
  ],
  ['a connection that ends', () => serving((socket) => socket.end()), /does not answer/, /Check the database URL/],
  ['a URL that cannot be decoded', () => 'postgres://app:50%ff@db/x', /cannot be decoded/, /Correct/],
  ['several hosts', () => 'postgres://app:x@a:5432,b:5432/x', /several hosts/, /Correct/],
  [
    'a file that does not exist',
    () => 'postgres://app:x@h/x?sslrootcert=/none.pem',
    /cannot be read \(ENOENT\): \/none.pem/,
    /Correct/,
  ],
  ['another kind of URL', () => 'mysql://app:x@h/x', /must look like postgres:/, /Correct/],
];

test.each(starts)(
  '%s is explained to the operator with the next step, by the app and by migrate',
  async (what, url, message, hint) => {
    let given = await url();
    if (/^TLS|^a certificate/.test(what)) given += '?sslmode=verify-full';
    const refusal = { name: 'PaggioError', message: expect.stringMatching(message), hint: expect.stringMatching(hint) };
    const start = async (): Promise<void> =>
      createPaggio({ database: { url: given }, masterKey: testMasterKey }).start();
    await expect(start()).rejects.toMatchObject(refusal);
    await expect(migrate(given)).rejects.toMatchObject(refusal);
  },
);

test('a missing URL is named, and the password is asked for at each connection', async () => {
  for (const url of [undefined, null, ''] as never[])
    expect(() => createPaggio({ database: { url }, masterKey: testMasterKey })).toThrow(
      /is the environment variable set\?/,
    );
  const url = new URL(database.url);
  const password = jest.fn(async () => decodeURIComponent(url.password));
  const paggio = createPaggio({
    database: { url: at((one) => (one.password = '')), password },
    masterKey: testMasterKey,
  });
  await paggio.start();
  await paggio.stop();
  expect(password.mock.calls.length).toBeGreaterThan(3);
  const wrong = createPaggio({
    database: { url: at((one) => (one.password = '')), password: () => undefined as never },
    masterKey: testMasterKey,
  });
  await expect(wrong.start()).rejects.toMatchObject({
    message: expect.stringMatching(/asks for a password|did not return a string/),
  });
});

test('an error that an operator cannot fix stays a fault', () => {
  expect(startRefusal(new TypeError('x is not a function'))).toBeNull();
  expect(startRefusal(Object.assign(new Error('syntax error'), { severity: 'ERROR', code: '42601' }))).toBeNull();
});
