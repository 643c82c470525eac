import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `postmaster.pid`: line 1 the process, line 4 the port, line 8 the state. Written by PostgreSQL itself. */
export interface Postmaster {
  pid: number;
  port: number;
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
  return { pid, port, ready: (lines[7] ?? '').trim() === 'ready' };
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
