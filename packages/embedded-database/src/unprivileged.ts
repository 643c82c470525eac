import { spawnSync } from 'node:child_process';
import { chownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedDatabaseError } from './embedded-database-error';

/** How to run a program as a user other than root, because PostgreSQL refuses to run as root. */
export interface Unprivileged {
  command(program: string, args: string[]): [string, string[]];
  uid?: number;
  gid?: number;
  /** Makes the program's user the owner of a file or a directory tree. */
  own(path: string): void;
  /** Lets that user enter a directory, without changing its content. */
  enter(directory: string): void;
}

const asIs: Unprivileged = {
  command: (program, args) => [program, args],
  own: () => undefined,
  enter: () => undefined,
};

const NOBODY = 65534;

export function unprivileged(): Unprivileged {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return asIs;
  // Use a user namespace in which root is an ordinary user: it needs no other account and no change of ownership.
  const flags = ['-U', '--map-user=1000', '--map-group=1000', '--'];
  if (spawnSync('unshare', [...flags, 'true'], { stdio: 'ignore' }).status === 0) {
    return {
      command: (program, args) => ['unshare', [...flags, program, ...args]],
      own: () => undefined,
      enter: () => undefined,
    };
  }
  if (spawnSync('true', [], { uid: NOBODY, gid: NOBODY, stdio: 'ignore' }).status === 0) {
    return {
      command: (program, args) => [program, args],
      uid: NOBODY,
      gid: NOBODY,
      own: chownTree,
      enter: (directory) => chownSync(directory, NOBODY, NOBODY),
    };
  }
  throw new EmbeddedDatabaseError(
    'PostgreSQL refuses to run as root, and this machine allows neither user namespaces nor a switch to another user.',
    'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL 14 or newer.',
  );
}

function chownTree(path: string): void {
  chownSync(path, NOBODY, NOBODY);
  if (!statSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) chownTree(join(path, name));
}
