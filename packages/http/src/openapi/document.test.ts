import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { operations } from '../operations';
import { startGatewayServer } from '../testing';
import { createDocument } from './document';

const file = join(__dirname, '../../../../docs/openapi.json');
const document = createDocument(operations, 'http://localhost:4400');

test('it is a valid OpenAPI 3.1 document, by the judgement of others', () => {
  const cli = require.resolve('@seriousme/openapi-schema-validator/package.json');
  const validator = join(dirname(cli), 'bin/validate-api-cli.js');
  const verdict = execFileSync(process.execPath, [validator, file], { encoding: 'utf8' });
  expect(JSON.parse(verdict)).toMatchObject({ valid: true });
});

test('the committed document is that of the operation table (npm run openapi)', () => {
  const committed = readFileSync(file, 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(document)));
});

test('AUZ-27: what is served is what is documented, under its own address', async () => {
  const server = await startGatewayServer({}, { health: false });
  const { data } = await server.api().get('/openapi.json');
  const paths = Object.keys(document.paths).filter((path) => !path.startsWith('/health'));
  expect(Object.keys(data.paths)).toEqual(paths);
  expect(data.servers).toEqual([{ url: `http://127.0.0.1:${server.port}` }]);
  expect((await server.api().get('/health/live')).status).toBe(404);
  for (const path of paths) {
    for (const method of ['get', 'put', 'post', 'patch', 'delete'] as const) {
      const url = path.replaceAll(/\{[a-z_]+\}/g, 'x');
      // Not read: one of them has no end.
      const { status, data: body } = await server.api().request({ url, method, data: '{', responseType: 'stream' });
      (body as Readable).destroy();
      expect([path, method, status === 405]).toEqual([path, method, !(method in (document.paths[path] ?? {}))]);
    }
  }
  await server.stop();
});

test('the headers that requests and answers carry are in the document', () => {
  const operationAt = (path: string, method: string): any => (document.paths[path] as any)[method];
  const ingest = operationAt('/e/{endpoint_id}', 'post');
  const headers = ingest.parameters.filter((one: any) => one.in === 'header');
  expect(headers.map(({ name, required }: any) => [name, required === true])).toEqual([
    ['X-PJ-Timestamp', true],
    ['X-PJ-Signature', true],
    ['X-PJ-Event-Type', false],
    ['X-PJ-Correlation-ID', false],
    ['Idempotency-Key', false],
  ]);
  expect(ingest.requestBody.required).toBe(true);
  expect(operationAt('/api/v1/events/stream', 'get').parameters).toMatchObject([
    { name: 'Last-Event-ID', in: 'header' },
  ]);
  const namesOf = (path: string, method: string, status: number): string[] =>
    Object.keys(operationAt(path, method).responses[status].headers ?? {});
  expect(namesOf('/api/v1/endpoints', 'post', 201)).toEqual(expect.arrayContaining(['Location', 'X-RateLimit-Limit']));
  expect(namesOf('/api/v1/endpoints', 'get', 401)).toEqual(['WWW-Authenticate']);
  expect(namesOf('/api/v1/endpoints', 'get', 429)).toContain('Retry-After');
  expect(namesOf('/api/v1/endpoints', 'get', 503)).toEqual(['Retry-After']);
});

test('every field and operation has what a reader needs', () => {
  for (const operation of operations)
    expect([operation.id, /^[A-Z].*\.$/.test(operation.summary)]).toEqual([operation.id, true]);
  expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
});
