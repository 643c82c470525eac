import { spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries';
import { lastLine } from './data-files';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { answers, isAlive, lastPort, removeForeignLock, runningPostmaster, type Postmaster } from './postmaster-file';
import type { Unprivileged } from './unprivileged';

const STOP_DEADLINE_MS = 20_000;
/** A start truncates a log that is larger than this. */
const LOG_BYTES = 8 * 1024 * 1024;

export interface PostmasterOptions {
  directory: string;
  data: string;
  binaries: Binaries;
  user: Unprivileged;
  durable: boolean;
  settings: Readonly<Record<string, string>>;
  /** The port that other processes use. Undefined means the port of the last run, or a free one if that is in use. */
  port: number | undefined;
}

/**
 * Finds the server that runs on the files, and waits until it accepts connections. Undefined if none runs.
 * @throws EmbeddedDatabaseError if a server runs but does not become ready before the deadline
 */
export async function findPostmaster(data: string, deadline: number): Promise<Postmaster | undefined> {
  for (;;) {
    const postmaster = runningPostmaster(data);
    // A server that was just killed may still look alive; only a response proves that it is.
    if (!postmaster || (postmaster.ready && (await answers(postmaster.port)))) return postmaster;
    // The server is starting, recovering or shutting down.
    if (Date.now() > deadline) {
      throw new EmbeddedDatabaseError(
        `A PostgreSQL (process ${postmaster.pid}) runs on ${data} but does not become ready.`,
        `Stop it with: kill -QUIT ${postmaster.pid}`,
      );
    }
    await sleep(20);
  }
}

/**
 * Starts a server in its own session, so that Ctrl-C in a terminal does not reach it. Returns undefined if the server
 * ended for a temporary reason: another process was faster, the port is in use, or the children of a killed server
 * still hold the shared memory.
 * @throws EmbeddedDatabaseError if it cannot start
 */
export async function startPostmaster(options: PostmasterOptions, deadline: number): Promise<Postmaster | undefined> {
  const { directory, data, user } = options;
  chmodSync(data, 0o700);
  removeForeignLock(data);
  const port = options.port ?? (await usablePort(lastPort(data)));
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: options.durable ? 'on' : 'off',
    full_page_writes: options.durable ? 'on' : 'off',
    ...options.settings,
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const [command, commandArgs] = user.command(options.binaries.postgres, args);
  const logFile = join(directory, 'postgres.log');
  const logged = existsSync(logFile) ? statSync(logFile).size : 0;
  // Append to the log, because it may explain a crash, and two processes may start at once.
  const log = openSync(logFile, logged > LOG_BYTES ? 'w' : 'a', 0o600);
  const child = spawn(command, commandArgs, {
    detached: true,
    stdio: ['ignore', log, log],
    uid: user.uid,
    gid: user.gid,
  });
  closeSync(log);
  let exited: string | undefined;
  child.once('exit', (code, signal) => (exited = signal ?? `code ${code}`));
  child.once('error', (error) => (exited = error.message));
  child.unref();
  while (exited === undefined && Date.now() < deadline) {
    const postmaster = runningPostmaster(data);
    if (postmaster?.ready && postmaster.pid === child.pid) return postmaster;
    await sleep(10);
  }
  const text = readFileSync(logFile)
    .subarray(logged > LOG_BYTES ? 0 : logged)
    .toString();
  const passes = /shared memory block|already in use|lock file [^\n]{0,200} already exists/i.test(text);
  if (exited !== undefined && passes && Date.now() < deadline) return undefined;
  child.kill('SIGQUIT');
  throw new EmbeddedDatabaseError(
    `The embedded database did not start (${exited ?? 'no response in time'}): ${lastLine(text)}`,
    `See its log ${logFile}. If ${data} is damaged, restore it from a backup, or set DATABASE_URL to a PostgreSQL 14 or newer.`,
  );
}

/** Stops a server by a fast shutdown: open transactions are rolled back, and committed data is on disk. */
export async function stopPostmaster(pid: number): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_DEADLINE_MS;
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      process.kill(pid, 'SIGQUIT');
      return;
    }
    await sleep(10);
  }
}

/** Returns the given port if nothing listens on it, or else a free one. */
async function usablePort(preferred: number | undefined): Promise<number> {
  return (preferred === undefined ? undefined : await listenable(preferred)) ?? (await listenable(0)) ?? 0;
}

/** Listens on a port for a moment (0 means any free port) and returns it; undefined if that fails. */
function listenable(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
