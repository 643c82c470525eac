import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
/** More memory than the clusters of a run need. */
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * Creates a directory for a temporary cluster. It is in memory if the system has room there: a database consists of
 * hundreds of small files, and copying them on a disk costs several times as much CPU time.
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
