import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Recorder } from '@paggio/core/testing';
import { copyClusterFiles, throwAwayDirectory } from '@paggio/embedded-database/testing';
import axios, { type AxiosInstance } from 'axios';
import { MAIN, ServerProcess } from './testing/server-process';

const isFull = process.env['PAGGIO_FULL'] !== undefined;

let root: string;
let directory: string;
const servers: ServerProcess[] = [];
const orphans: number[] = [];

// The tests share the files of one database, because making them takes seconds.
beforeAll(() => {
  root = throwAwayDirectory('paggio-endings-');
  directory = join(root, 'data');
  // Only the full check makes them with two servers at once. The embedded database has its own test of that.
  if (!isFull) copyClusterFiles(directory);
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop('SIGKILL');
  for (const pid of orphans.splice(0)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  const pid = databasePid();
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGQUIT');
  while (pid !== undefined && isAlive(pid)) await sleep(10);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function start(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await ServerProcess.start(env, directory);
  servers.push(server);
  return server;
}

function databasePid(): number | undefined {
  const file = join(directory, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await sleep(20);
}

async function captures(server: ServerProcess | OrphanServer): Promise<void> {
  const { data } = await server.api().get('/api/v1/endpoints');
  const { pathname } = new URL(data.data[0].webhook_url as string);
  expect((await axios.post(server.url + pathname, '{}')).data).toEqual({ received: true });
}

async function healthy(server: OrphanServer): Promise<void> {
  while ((await server.api().get('/health')).status !== 200) await sleep(50);
}

const SAYS_CODE = join(__dirname, 'testing/says-code.js');

/** A server that runs in the background of a shell, as a service does that a script started. */
class OrphanServer {
  private said = '';
  private readonly shell = spawn(
    'sh',
    ['-c', `"${process.execPath}" -r "${SAYS_CODE}" "${MAIN}" & echo $!; read line`],
    {
      env: { PATH: process.env['PATH'], PORT: '0', PAGGIO_DATA_DIR: directory, LOG_FORMAT: 'json' },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );

  static async start(): Promise<OrphanServer> {
    const server = new OrphanServer();
    server.shell.stdout.setEncoding('utf8').on('data', (text: string) => (server.said += text));
    await server.says('Paggio is up');
    orphans.push(server.pid);
    return server;
  }

  get pid(): number {
    return Number(this.said.split('\n')[0]);
  }

  get url(): string {
    return /"url":"([^"]+)"/.exec(this.said)?.[1] as string;
  }

  /** Ends the shell, and waits for longer than it would take the server to notice. */
  async loseParent(): Promise<void> {
    const exited = once(this.shell, 'exit');
    this.shell.stdin.end('\n');
    await exited;
    await sleep(1_500);
  }

  api(): AxiosInstance {
    const authorization = `Bearer ${readFileSync(join(directory, 'api-key'), 'utf8').trim()}`;
    return axios.create({ baseURL: this.url, validateStatus: () => true, headers: { authorization } });
  }

  async says(text: string): Promise<void> {
    while (!this.said.includes(text)) await once(this.shell.stdout, 'data');
  }

  /** Resolves with the exit code. The shell cannot tell it any more. */
  async stop(signal: NodeJS.Signals): Promise<number> {
    const closed = once(this.shell.stdout, 'close');
    process.kill(this.pid, signal);
    await closed;
    return Number(/ended with (\d+)/.exec(this.said)?.[1]);
  }
}

/**
 * Two servers on one embedded database. The terminal of the first one is closed; the second one has outlived its parent
 * before, and gets signals while an attempt is under way.
 */
interface Pair {
  /** The status that the second server answered after the end of its parent. */
  withoutParent: number;
  events: number;
  /** The exit codes of the first and of the second server. */
  codes: (number | null)[];
  /** Whether the second server was still alive a second after it had got three signals at once. */
  aliveAfterThree: boolean;
  databasePid: number | undefined;
}

let pair: Promise<Pair> | undefined;
const twoServers = (): Promise<Pair> => (pair ??= startTwo());

async function startTwo(): Promise<Pair> {
  // Both start at the same moment, and nobody has made a key or a schema before. Both use the same file with the key.
  const [a, b] = await Promise.all([start(), OrphanServer.start()]);
  await b.loseParent();
  const withoutParent = (await b.api().get('/health')).status;
  await captures(a);
  a.child.stdout?.destroy();
  a.child.stderr?.destroy();
  const first = await a.stop('SIGHUP');
  await captures(b);
  process.kill(databasePid() as number, 'SIGKILL');
  await b.says('was restarted');
  await healthy(b);
  await captures(b);
  const events = (await b.api().get('/api/v1/events')).data.meta.total as number;
  const recorder = await Recorder.start(() => undefined);
  const { data: hangs } = await b.api().post('/api/v1/endpoints', { name: 'hangs', destination_url: recorder.url() });
  await axios.post(b.url + new URL(hangs.webhook_url as string).pathname, '{}');
  await recorder.received(1);
  // A signal that comes again before the first one was handled is dropped by the system, so they are different ones.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(b.pid, signal);
  await sleep(1_100);
  const aliveAfterThree = isAlive(b.pid);
  const codes = [first, await b.stop('SIGINT')];
  await recorder.stop();
  return { withoutParent, events, codes, aliveAfterThree, databasePid: databasePid() };
}

test('an embedded database outlives the first of two servers, comes back when it is killed, and stops with the last server', async () => {
  const { events, codes, databasePid: left } = await twoServers();
  expect(events).toBe(3);
  expect(codes[0]).toBe(0);
  expect(left).toBeUndefined();
}, 120_000);

test('closing the terminal stops the server in order, with its embedded database', async () => {
  expect((await twoServers()).codes[0]).toBe(0);
  // The server of the pair leaves the database to the other one. An ordered stop of the last server stops it, as the
  // next tests show, whatever asked for it.
  if (!isFull) return;
  const server = await start();
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
  expect(await server.stop('SIGHUP')).toBe(0);
  expect(databasePid()).toBeUndefined();
}, 120_000);

test('a repeated signal is one request, and a later one abandons attempts under way; the database stops in any case', async () => {
  const { aliveAfterThree, codes, databasePid: left } = await twoServers();
  expect(aliveAfterThree).toBe(true);
  expect(codes[1]).toBe(1);
  expect(left).toBeUndefined();
}, 120_000);

/** Starts a package whose script starts the server like scripts/start.mjs, with the npm of this machine. */
async function npmStart(): Promise<{ npm: ChildProcess; server: number; output: string[] }> {
  const script = `
    const { main } = require(${JSON.stringify(MAIN)});
    console.log(JSON.stringify({ server: process.pid }));
    void main({ parent: process.ppid });`;
  writeFileSync(join(root, 'start.cjs'), script);
  writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts: { start: 'node start.cjs' } }));
  const npm = spawn('npm', ['start'], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: root, PORT: '0', PAGGIO_DATA_DIR: directory, LOG_FORMAT: 'json' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output: string[] = [];
  let server = 0;
  await new Promise<void>((done, fail) => {
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      const all = output.join('');
      server = Number(/"server":(\d+)/.exec(all)?.[1]);
      if (all.includes('Paggio is up')) done();
    });
    npm.once('exit', () => fail(new Error(`npm ended: ${output.join('')}`)));
  });
  return { npm, server, output };
}

// npm passes SIGTERM on, but cannot pass SIGKILL on. Then the server has to notice by itself.
test.each(isFull ? (['SIGTERM', 'SIGKILL'] as const) : (['SIGKILL'] as const))(
  '%s to the npm of `npm start` stops the server too',
  async (signal) => {
    const { npm, server } = await npmStart();
    expect(isAlive(server)).toBe(true);
    const exited = once(npm, 'exit');
    npm.kill(signal);
    await exited;
    await gone(server);
    expect(databasePid()).toBeUndefined();
  },
  60_000,
);

test('a server that was started without npm outlives its parent', async () => {
  expect((await twoServers()).withoutParent).toBe(200);
}, 120_000);
