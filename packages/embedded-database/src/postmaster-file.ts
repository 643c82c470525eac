import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

/** `postmaster.pid`: line 1 the process, line 4 the port, line 8 the state. Written by PostgreSQL itself. */
export interface Postmaster {
  pid: number;
  port: number;
  /** It takes statements; a standby those that only read. */
  ready: boolean;
}

/** Undefined when no server runs on this data directory; a file left behind by a crash does not count. */
export function runningPostmaster(dataDirectory: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isPostgres(pid)) return undefined;
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

// After a reboot the number may belong to another program.
function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const commandLine = `/proc/${pid}/cmdline`;
  if (!existsSync(commandLine)) return true;
  try {
    return readFileSync(commandLine, 'utf8').includes('postgres');
  } catch {
    return false;
  }
}

// SSLRequest of the PostgreSQL protocol (Message Formats): answered by one byte before anybody has to sign in.
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const ANSWER_MS = 2_000;

/** Whether a server answers on a port of this machine. */
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
