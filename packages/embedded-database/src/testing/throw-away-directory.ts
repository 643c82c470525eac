import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** Memory that a run may need for its clusters, and some more. */
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * A directory for a cluster that is thrown away. It is in memory where the system has room there: a database is hundreds
 * of small files, and to copy one costs a disk several times as much CPU time.
 */
export function throwAwayDirectory(prefix = 'paggio-test-'): string {
  return mkdtempSync(join(hasRoom(MEMORY) ? MEMORY : tmpdir(), prefix));
}

function hasRoom(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}
