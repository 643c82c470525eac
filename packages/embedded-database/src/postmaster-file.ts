import { readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** The content of PostgreSQL's `postmaster.pid`: line 1 is the process id, line 4 the port, line 8 the state. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Whether it accepts statements. A standby accepts only those that read. */
  ready: boolean;
}

/** Finds the server on this data directory. Undefined if none runs; a file that a crash left behind does not count. */
export function runningPostmaster(dataDirectory: string): Postmaster | undefined {
  const text = readOrNull(join(dataDirectory, 'postmaster.pid'));
  if (text === null) return undefined;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid, dataDirectory)) return undefined;
  return { pid, port, ready: ['ready', 'standby'].includes((lines[7] ?? '').trim()) };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// After a reboot the process id may belong to another program, or to an unrelated PostgreSQL.
function isPostgres(pid: number, dataDirectory: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    // The server changes to its data directory before it writes the file.
    return realpathSync(`/proc/${pid}/cwd`) === realpathSync(dataDirectory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return false;
  }
  // It runs as a different user, so its working directory is hidden.
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

/**
 * Removes a `postmaster.pid` that a crash left behind, if its process id now belongs to another program. PostgreSQL
 * would not start while that program runs. In a container, where few ids are in use, that may be forever.
 */
export function removeForeignLock(dataDirectory: string): void {
  const file = join(dataDirectory, 'postmaster.pid');
  const text = readOrNull(file);
  const pid = Number(text?.split('\n')[0]);
  if (text === null || !(pid > 0) || !isAlive(pid) || isPostgres(pid, dataDirectory) || inUse(text)) return;
  const aside = `${file}.old-${process.pid}`;
  try {
    renameSync(file, aside);
    // If a server started at this very moment, give it its file back.
    if (readOrNull(aside) === text) rmSync(aside);
    else renameSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Whether the shared memory in line 7 is still attached, because children of a killed server may survive for a moment.
 */
function inUse(text: string): boolean {
  const id = text.split('\n')[6]?.trim().split(/\s+/)[1];
  const table = readOrNull('/proc/sysvipc/shm');
  if (id === undefined || table === null) return true;
  // Columns: key, shmid, perms, size, cpid, lpid, nattch.
  return table.split('\n').some((line) => {
    const columns = line.trim().split(/\s+/);
    return columns[1] === id && Number(columns[6]) > 0;
  });
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The port of the last server on this data directory, from the command line that PostgreSQL stores. */
export function lastPort(dataDirectory: string): number | undefined {
  const port = /"port=(\d{1,5})"/.exec(readOrNull(join(dataDirectory, 'postmaster.opts')) ?? '')?.[1];
  return port === undefined ? undefined : Number(port);
}

// SSLRequest of the PostgreSQL protocol (Message Formats). The server replies with one byte before any sign-in.
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ANSWER_MS = 2_000;

/** Whether a PostgreSQL server responds on a loopback port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(SSL_REQUEST));
    const finish = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      done(answered);
    };
    const timer = setTimeout(() => finish(false), ANSWER_MS);
    socket.once('data', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
  });
}
