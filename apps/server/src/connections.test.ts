import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratedDatabase, type TestDatabase } from '@paggio/core/testing';
import { openIdleConnections, statusesOf } from '@paggio/http/testing';
import { readEnvironment, type Environment } from './environment';
import { operator } from './first-run';
import { LimitedExpressAdapter } from './http-adapter';
import { Output } from './output';
import type { RunningServer } from './running-server';
import { startServer } from './server';

let database: TestDatabase;
let directory: string;
let server: RunningServer;
let port: number;
let httpServer: Server;

beforeEach(async () => {
  database = await migratedDatabase();
  directory = mkdtempSync(join(tmpdir(), 'paggio-connections-'));
  const made = jest.spyOn(LimitedExpressAdapter.prototype, 'setHttpServer');
  const environment = readEnvironment(
    { PORT: '0', DATABASE_URL: database.url, PAGGIO_DATA_DIR: directory },
    false,
  ) as Environment;
  server = await startServer(environment, new Output({ format: 'json', level: 'silent' }));
  port = Number(new URL(server.url).port);
  httpServer = made.mock.calls[0]?.[0] as Server;
  made.mockRestore();
});

afterEach(async () => {
  await server.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

/** Sends raw bytes, and resolves with everything that arrives until the server ends the connection. */
function say(bytes: string): Promise<string> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => done(received));
    socket.write(bytes);
  });
}

test('requests that Node refuses get the usual error body, and 100 Continue is sent only for bodies that will be read', async () => {
  for (const [sent, status] of [
    ['hello\r\n\r\n', 400],
    ['GET /health HTTP/1.1\r\n\r\n', 400],
    ['GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    [`GET /health HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: a-miracle\r\n\r\n', 417],
  ] as const) {
    const answer = await say(sent);
    const body = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as unknown;
    expect([answer.split(' ')[1], body]).toEqual([
      String(status),
      expect.objectContaining({ status: 'error', code: 'BAD_REQUEST', request_id: expect.any(String) }),
    ]);
  }
  const key = readFileSync(join(directory, 'api-key'), 'utf8').trim();
  const ask = (authorization: string): Promise<number[]> =>
    statusesOf(port, {
      path: '/api/v1/endpoints',
      headers: [
        ['Authorization', authorization],
        ['Expect', '100-continue'],
      ],
      body: '{"name":"expected"}',
    });
  expect(await ask(`Bearer ${key}`)).toEqual([100, 201]);
  expect(await ask('Bearer nope')).toEqual([401]);
});

test('the server stops, whatever its clients have left open', async () => {
  const { endpoint } = await server.paggio.admin.endpoints.create(operator, { name: 'idle' });
  const key = readFileSync(join(directory, 'api-key'), 'utf8').trim();
  const { closed } = await openIdleConnections(httpServer, key, endpoint.slug);
  await server.stop();
  await closed();
});
