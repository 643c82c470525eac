import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries, type Binaries } from './binaries';
import { EmbeddedDatabaseError } from './embedded-database-error';
import { answers, isAlive, runningPostmaster, type Postmaster } from './postmaster-file';
import { handOver, superuserPasswordFile, writePassword } from './product-role';
import { unprivileged, type Unprivileged } from './unprivileged';

export interface EmbeddedDatabaseOptions {
  /** Directory for the database files, the passwords and the log. Made when missing. */
  directory: string;
  /**
   * False switches fsync off: for throw-away databases of tests only.
   * @default true
   */
  durable?: boolean;
  /** Further server settings, such as `{ max_connections: '200' }`. */
  settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedDatabase {
  /**
   * Connection URL of the database `postgres` for the role `paggio`, which owns the schema `paggio` and has no right
   * beyond it: it makes no roles, databases or temporary tables, and reaches no file or program of the machine.
   */
  url: string;
  /** The same database for the role `postgres`, a superuser: for operators and tests, never for the product itself. */
  superuserUrl: string;
  pid: number;
  /** True when a server that an earlier process left behind was taken over. */
  adopted: boolean;
  /** Stops the server and waits for it. Does nothing when another live process owns it. */
  stop(this: void): Promise<void>;
}

const START_DEADLINE_MS = 45_000;
const STOP_DEADLINE_MS = 20_000;
const DATA_VERSION = '18';

/** A running server, before the product has a role in it. */
export interface Cluster {
  directory: string;
  postmaster: Postmaster;
  adopted: boolean;
  stop(this: void): Promise<void>;
}

/**
 * Starts PostgreSQL on a directory, or takes over the one that already runs there. The server has its own session, so
 * that Ctrl-C in a terminal reaches this process alone, which then stops the server last.
 * @throws EmbeddedDatabaseError with what to do next
 */
export async function startEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { directory, postmaster, adopted, stop } = await startCluster(options);
  try {
    return { ...(await handOver(directory, postmaster.port)), pid: postmaster.pid, adopted, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export async function startCluster(options: EmbeddedDatabaseOptions): Promise<Cluster> {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true });
  const data = join(directory, 'postgres');
  const owns = takeOwnership(directory);

  let postmaster = await adopt(data);
  const adopted = postmaster !== undefined;
  if (!postmaster) {
    const binaries = findBinaries();
    const user = unprivileged();
    initialise(directory, data, binaries, user, options.durable ?? true);
    postmaster = await start(directory, data, binaries, user, options);
  }
  const { pid } = postmaster;
  return {
    directory,
    postmaster,
    adopted,
    async stop() {
      if (!owns) return;
      await stopPostmaster(pid);
      rmSync(join(directory, 'owner.pid'), { force: true });
    },
  };
}

/** Only one live process stops the server: the one that started it, or the first to come after that one died. */
function takeOwnership(directory: string): boolean {
  const file = join(directory, 'owner.pid');
  const owner = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  if (owner > 0 && owner !== process.pid && isAlive(owner)) return false;
  writeFileSync(file, String(process.pid));
  return true;
}

async function adopt(data: string): Promise<Postmaster | undefined> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    const postmaster = runningPostmaster(data);
    // A server that was just killed may still look alive; only an answer proves that it is.
    if (!postmaster || (postmaster.ready && (await answers(postmaster.port)))) return postmaster;
    // It is starting, recovering or on its way out.
    if (Date.now() > deadline) {
      throw new EmbeddedDatabaseError(
        `A PostgreSQL (process ${postmaster.pid}) runs on ${data} but does not become ready.`,
        `End it with: kill -QUIT ${postmaster.pid}`,
      );
    }
    await sleep(20);
  }
}

/** Makes the cluster beside its final place and renames it, so that an interrupted first start leaves nothing half-made. */
function initialise(directory: string, data: string, binaries: Binaries, user: Unprivileged, durable: boolean): void {
  if (existsSync(join(data, 'PG_VERSION'))) {
    const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
    if (version === DATA_VERSION && existsSync(join(data, 'global', 'pg_control'))) return;
    throw new EmbeddedDatabaseError(
      version === DATA_VERSION
        ? `The database files in ${data} are damaged: global/pg_control is missing.`
        : `The database files in ${data} belong to PostgreSQL ${version}; this is ${DATA_VERSION}.`,
      'Restore the directory from a backup, or move it away to begin with an empty database.',
    );
  }
  if (existsSync(data) && readdirSync(data).length > 0) {
    throw new EmbeddedDatabaseError(
      `${data} is not a database: PG_VERSION is missing.`,
      'Restore the directory from a backup, or move it away to begin with an empty database.',
    );
  }
  const fresh = join(directory, `postgres.new-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  rmSync(data, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  const passwordFile = superuserPasswordFile(directory);
  writePassword(passwordFile);
  user.enter(directory);
  user.own(fresh);
  user.own(passwordFile);
  const args = [
    '-D',
    fresh,
    '-U',
    'postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  if (!durable) args.push('--no-sync');
  const [command, commandArgs] = user.command(binaries.initdb, args);
  const result = spawnSync(command, commandArgs, { encoding: 'utf8', uid: user.uid, gid: user.gid });
  if (result.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new EmbeddedDatabaseError(
      `The embedded database could not be made in ${directory}: ${lastLine(result.stderr || String(result.error))}`,
      'Check that the directory can be written and has space, or set DATABASE_URL to a PostgreSQL 14 or newer.',
    );
  }
  renameSync(fresh, data);
}

async function start(
  directory: string,
  data: string,
  binaries: Binaries,
  user: Unprivileged,
  options: EmbeddedDatabaseOptions,
): Promise<Postmaster> {
  const deadline = Date.now() + START_DEADLINE_MS;
  const logFile = join(directory, 'postgres.log');
  chmodSync(data, 0o700);
  for (;;) {
    const port = await freePort();
    const settings: Record<string, string> = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      fsync: options.durable === false ? 'off' : 'on',
      full_page_writes: options.durable === false ? 'off' : 'on',
      ...options.settings,
    };
    const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const [command, commandArgs] = user.command(binaries.postgres, args);
    const log = openSync(logFile, 'w', 0o600);
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
    const text = readFileSync(logFile, 'utf8');
    // Right after a crash of the server its last children may hold the shared memory for some seconds; and another
    // program may have taken the port since it was chosen.
    const passing = /shared memory block|already in use|lock file [^\n]{0,200} already exists/i.test(text);
    if (exited !== undefined && passing && Date.now() < deadline) {
      await sleep(300);
      continue;
    }
    child.kill('SIGQUIT');
    throw new EmbeddedDatabaseError(
      `The embedded database did not start (${exited ?? 'no answer in time'}): ${lastLine(text)}`,
      `Its log is ${logFile}. Restore ${data} from a backup if it is damaged, or set DATABASE_URL to a PostgreSQL 14 or newer.`,
    );
  }
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
async function stopPostmaster(pid: number): Promise<void> {
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

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? done(address.port) : fail(new Error('no free port')),
      );
    });
  });
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.findLast((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? '';
}
