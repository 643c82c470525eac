import { spawnSync } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster';
import { query } from './installation';

const DISK_MB = 160;
const TABLESPACE = 'ledger_disk';

/** A disk in memory that is soon full. */
export class SmallDisk {
  private readonly ballast: string;

  private constructor(readonly directory: string) {
    this.ballast = join(directory, 'ballast');
  }

  /** Tries it in a namespace of its own, which ends with the command. */
  static isPossible(): boolean {
    return spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/tmp']).status === 0;
  }

  static mount(at: string): SmallDisk {
    mkdirSync(at, { recursive: true });
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MB}m`, 'tmpfs', at]);
    if (status !== 0) throw new Error(`the disk could not be mounted: ${String(stderr)}`);
    return new SmallDisk(at);
  }

  /** Makes a tablespace on the disk. @returns its name */
  async makeTablespace({ url, dataDirectory }: Cluster): Promise<string> {
    const { uid, gid } = statSync(dataDirectory);
    chownSync(this.directory, uid, gid);
    await query(url, `create tablespace ${TABLESPACE} location '${this.directory}'`);
    return TABLESPACE;
  }

  /** Drops the tablespace, when no database is in it any more. */
  async dropTablespace({ url }: Cluster): Promise<void> {
    await query(url, `drop tablespace if exists ${TABLESPACE}`);
  }

  /** Writes until no room is left. */
  fill(): void {
    const block = Buffer.alloc(64 * 1024);
    const file = openSync(this.ballast, 'a');
    try {
      for (;;) writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.ballast);
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.directory]);
  }
}
