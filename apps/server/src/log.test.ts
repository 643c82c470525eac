import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { migratedDatabase, query, Recorder } from '@paggio/core/testing';
import axios from 'axios';
import { createLogger, FIELD_LENGTH, LINE_LENGTH } from './logger';
import { Output } from './output';
import { refuseWrites } from './testing/broken-tables';
import { CONTROL, linesOf } from './testing/log-lines';
import { MAIN, ServerProcess } from './testing/server-process';

/** How many writes to each table fail. The server is attacked longer, the more there are. */
const REFUSALS = process.env['PAGGIO_FULL'] ? 2 : 1;
const NOISY = join(__dirname, 'testing/noisy.js');
/**
 * What the server prints does not depend on how the noise gets into it. With NODE_OPTIONS, as in the full check, the
 * server does not start from its bundle, which costs twice as much. The tests of endings have such a server too.
 */
const noise: { program: string; env: Record<string, string> } = process.env['PAGGIO_FULL']
  ? { program: MAIN, env: { NODE_OPTIONS: `--require ${NOISY}` } }
  : { program: NOISY, env: {} };
/** Ends a line, moves the cursor, changes colours, changes the direction of text, and looks like a log line. */
const HOSTILE = 'x\r\n{"level":10,"msg":"forged"}\u001b[2J\u001b[31m\u009b1m\u202e\u2028y';

async function runToEnd(
  env: Record<string, string>,
  during: (output: () => string, pid: number) => void,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [noise.program], {
    env: { PATH: process.env['PATH'], PORT: '0', ...noise.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    during(() => stdout, child.pid as number);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** Sends a running server requests that are hostile in every part. */
async function attack(url: string, key: string, destination: string): Promise<void> {
  const api = axios.create({ baseURL: url, validateStatus: () => true, headers: { authorization: `Bearer ${key}` } });
  const create = () => api.post('/api/v1/endpoints', { name: HOSTILE, destination_url: destination });
  let { data, status } = await create();
  // The database may refuse the first writes, or end connections of the pool. New ones may take a moment.
  for (let left = 100; status >= 500 && left > 0; left--) {
    await setTimeout(50);
    ({ data, status } = await create());
  }
  const path = new URL(data.webhook_url).pathname;
  await api.patch(`/api/v1/endpoints/${data.id}`, { verification: { provider: 'github', secrets: ['octocat'] } });
  await axios.post(url + path, '{}', { headers: { 'x-hub-signature-256': 'sha256=00' }, validateStatus: () => true });
  await api.patch(`/api/v1/endpoints/${data.id}`, { verification: null });
  for (const type of [HOSTILE, '\u001b]0;title\u0007', 'a'.repeat(5_000)]) {
    await axios.post(`${url}${path}?q=%1b%0a`, JSON.stringify({ type, event: type, event_type: type }), {
      headers: { 'content-type': 'application/json', 'user-agent': 'x\u00c2\u009b31m' },
      validateStatus: () => true,
    });
  }
  await api.get(`/api/v1/${encodeURIComponent(HOSTILE)}`);
}

/** What a server with LOG_FORMAT=json prints until its end. */
interface Printed {
  stdout: string;
  stderr: string;
  code: number | null;
}

let printed: Promise<Printed> | undefined;
const printedAsJson = (): Promise<Printed> => (printed ??= printAsJson());

/** Attacks a server, lets its libraries print, and stops it; an uncaught error at the end of the stop ends the process. */
async function printAsJson(): Promise<Printed> {
  const database = await migratedDatabase();
  const env = { DATABASE_URL: database.url, LOG_LEVEL: 'trace', ...noise.env };
  const server = await ServerProcess.start(env, undefined, noise.program);
  const recorder = await Recorder.start(
    (_request, response) => void response.writeHead(500, HOSTILE.replaceAll(/[^ -~]/g, '')).end(),
  );
  await refuseWrites(database.url, REFUSALS);
  for (let n = 0; n < 2 * REFUSALS; n++) await attack(server.url, server.apiKey, recorder.url());
  await query(
    database.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'paggio %' and datname = current_database()`,
  );
  for (let n = 0; n < REFUSALS; n++) await attack(server.url, server.apiKey, recorder.url());
  server.child.kill('SIGUSR2');
  while (!server.lines.some((line) => line.includes('HostileWarning')))
    await once(server.child.stdout as NodeJS.ReadableStream, 'data');
  const closed = once(server.child, 'close') as Promise<[number | null]>;
  server.child.kill('SIGUSR2');
  const [code] = await closed;
  server.remove();
  await recorder.stop();
  await database.drop();
  return { stdout: server.lines.join('\n'), stderr: server.errors.join(''), code };
}

test('with LOG_FORMAT=json every line is a JSON object: faults, hostile names, lost connections, start and stop', async () => {
  const { stdout, stderr } = await printedAsJson();
  const lines = linesOf(`${stdout}\n${stderr}`);
  expect(lines.some(({ msg }) => msg === 'forged')).toBe(false);
  const fault = lines.find(({ msg }) => msg === 'fault');
  expect(fault).toMatchObject({ level: 50, err: { stack: expect.stringContaining('    at ') } });
  expect(lines.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['Paggio is up', 'event.captured', 'event.rejected', 'stopped in order with 0']),
  );
}, 60_000);

test('output of libraries, warnings of Node and uncaught errors are log lines too, and the process still ends', async () => {
  const { stdout, stderr, code } = await printedAsJson();
  expect(code).toBe(1);
  expect(linesOf(stdout).map(({ msg }) => msg)).toEqual(
    expect.arrayContaining([
      'to the console two\nlines\u001b[31m and {"level":10}',
      'Bearer ***',
      'HostileWarning: two\nlines\u001b[31m and {"level":10}',
    ]),
  );
  expect(stdout + stderr).not.toMatch(/abcdefgh12345678|CANARY/);
  expect(linesOf(stderr)).toMatchObject([
    {
      level: 60,
      msg: 'Paggio stopped because of an uncaught error',
      err: { message: expect.stringContaining('two\nlines') },
    },
  ]);
}, 60_000);

test('an uncaught error is printed for people on lines of its own', () => {
  const written: string[] = [];
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean(written.push(String(text))));
  new Output({ format: 'pretty', level: 'info' }).lastWords('Paggio ends', new Error('two\nlines\u001b[31m'));
  write.mockRestore();
  expect(written.join('')).toMatch(/^Paggio ends\n {2}Error: two\\nlines\\u001b\[31m\n +at /);
  expect(written.join('')).not.toMatch(CONTROL);
});

test('foreign text cannot control the terminal: it ends no line and moves no cursor', async () => {
  const database = await migratedDatabase();
  const directory = mkdtempSync(join(tmpdir(), 'paggio-log-'));
  const recorder = await Recorder.start();
  let step = 0;
  const env = {
    DATABASE_URL: database.url,
    PAGGIO_DATA_DIR: directory,
    LOG_FORMAT: 'pretty',
  };
  const { code, stdout, stderr } = await runToEnd(env, (output, pid) => {
    const url = /API +(http:\S+)\/api\/v1/.exec(output())?.[1];
    const key = /API key +(pk_live_\w+)/.exec(output())?.[1];
    if (step === 0 && url !== undefined && key !== undefined) {
      step = 1;
      void attack(url, key, recorder.url())
        .then(() => refuseWrites(database.url, 1))
        .then(() => attack(url, key, recorder.url()))
        .finally(() => process.kill(pid, 'SIGUSR2'));
    }
    if (step === 1 && output().includes('HostileWarning')) {
      step = 2;
      process.kill(pid, 'SIGTERM');
    }
  });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toMatch(CONTROL);
  expect(stdout).not.toMatch(/abcdefgh12345678/);
  expect(stdout).toContain('to the console two\\nlines\\u001b[31m and');
  expect(stdout).toContain('\\r\\n{"level":10,"msg":"forged"}\\u001b[2J');
  expect(stdout).toMatch(/\d\d:\d\d:\d\d {2}!! {2}fault/);
  expect(stdout.split('\n').filter((line) => line.startsWith('{'))).toEqual([]);
  rmSync(directory, { recursive: true, force: true });
  await recorder.stop();
  await database.drop();
}, 60_000);

describe('a log line', () => {
  const logged = (level: 'info' | 'error', fields: object, message: string): Record<string, any> => {
    const lines: string[] = [];
    createLogger('trace', { write: (line: string) => void lines.push(line) })[level](fields, message);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\u007f-\u009f\u2028\u202e]/);
    return JSON.parse(lines[0] as string) as Record<string, any>;
  };

  test('has a limited length and stays JSON, whatever it contains', () => {
    const hostile = [
      'a.'.repeat(500_000),
      'http://a:',
      `","x":"${'@'.repeat(9_000)}`,
      '\u0000'.repeat(9_000),
      '\ud800'.repeat(9_000),
    ];
    const circle: Record<string, unknown> = { hostile };
    circle['self'] = circle;
    const wide = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`field ${n} ${'k'.repeat(500)}`, hostile]),
    );
    const nested = Array.from({ length: 5 }).reduce<unknown>((inner) => Array.from({ length: 60 }, () => inner), 1);
    for (const value of [hostile, circle, wide, nested, new Map([['k', hostile]]), new Error(hostile.join())]) {
      const line = logged('info', { value }, hostile.join());
      // JSON escapes take up to six characters each.
      expect(JSON.stringify(line).length).toBeLessThan(LINE_LENGTH * 8);
    }
    expect(logged('info', { text: 'x'.repeat(9_000) }, 'm')['text']).toHaveLength(
      FIELD_LENGTH + ' ... (9000 characters)'.length - 1,
    );
  });

  test('is written fast, even for the worst texts for the redaction', () => {
    const texts = [
      'a.'.repeat(32_768),
      'a-'.repeat(32_768),
      'Bearer '.repeat(9_000),
      'a://b:'.repeat(10_000),
      '?a='.repeat(20_000),
    ];
    const before = process.cpuUsage();
    for (const text of texts) for (let n = 0; n < 20; n++) logged('info', { text, err: new Error(text) }, text);
    // 100 lines take some tens of milliseconds. Quadratic patterns took minutes.
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2_000);
  });

  test('shows no field named like a secret, no bytes, and of an error only what tells where it happened', () => {
    const error = Object.assign(new Error('refused'), {
      code: '42P01',
      parameters: [Buffer.from('CANARY')],
      query: 'CANARY',
    });
    const line = logged(
      'error',
      {
        err: error,
        body: Buffer.from('CANARY'),
        deep: { Api_Key: 'CANARY', list: [{ 'Set-Cookie': 'CANARY' }] },
        n: 1n,
      },
      'postgres://u:CANARY@h/db',
    );
    expect(line).toMatchObject({
      msg: 'postgres://u:***@h/db',
      err: { type: 'Error', message: 'refused', code: '42P01', stack: expect.stringContaining('log.test') },
      body: '(6 bytes)',
      deep: { Api_Key: '***', list: [{ 'Set-Cookie': '***' }] },
      n: '1',
    });
    expect(JSON.stringify(line)).not.toMatch(/CANARY|67,65/);
  });
});
