import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { MasterKeyFiles, PaggioError, type MasterKeys } from '@paggio/core';
import { StartError } from './start-error';

/** Temporary files of secrets. The number is the id of the process that writes them. */
const UNFINISHED = /^(?:api-key\.new-|master-key\.(?:next\.|previous\.)?)\d+$/;
/**
 * Older temporary files are leftovers. A process id proves nothing: containers that share a directory reuse the same
 * ids.
 */
const UNFINISHED_MS = 60_000;

/** The files that the server keeps next to its database. Each file is written atomically. */
export class DataDirectory {
  readonly path: string;
  readonly masterKeyFiles: MasterKeyFiles;

  constructor(path: string) {
    this.path = resolve(path);
    this.masterKeyFiles = new MasterKeyFiles(this.path);
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      this.removeUnfinished();
    } catch (error) {
      throw new StartError(
        `The data directory ${this.path} cannot be used: ${(error as Error).message}`,
        'Set PAGGIO_DATA_DIR to a writable directory.',
      );
    }
  }

  /** The current master key, created on the first call, and the previous one until a rotation finishes. */
  masterKeys(): MasterKeys {
    try {
      return this.masterKeyFiles.keys();
    } catch (error) {
      if (error instanceof PaggioError) throw new StartError(error.message, error.hint);
      throw error;
    }
  }

  read(name: string): string | null {
    const file = join(this.path, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  }

  /**
   * Writes a file atomically. If several processes create it at the same time, the first one wins.
   * @param before the current text; null if the file does not exist
   */
  replace(name: string, before: string | null, text: string): void {
    const file = join(this.path, name);
    const fresh = `${file}.new-${process.pid}`;
    // A killed process with the same id may have left this file, still linked to the one in use.
    rmSync(fresh, { force: true });
    writeFileSync(fresh, text, { mode: 0o600 });
    try {
      if (before === null) linkSync(fresh, file);
      else renameSync(fresh, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(fresh, { force: true });
    }
  }

  /** Removes temporary files that a killed process left behind. */
  private removeUnfinished(): void {
    for (const name of readdirSync(this.path)) {
      if (!UNFINISHED.test(name)) continue;
      const file = join(this.path, name);
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
      if (age > UNFINISHED_MS) rmSync(file, { force: true });
    }
  }
}
