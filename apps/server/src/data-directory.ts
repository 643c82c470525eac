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

/** Secrets before they are at their place. The number is the process that writes them. */
const UNFINISHED = /^(?:api-key\.new-|master-key\.(?:next\.|previous\.)?)\d+$/;
/** Writing takes milliseconds. The process id cannot tell: containers that share a directory have the same ones. */
const UNFINISHED_MS = 60_000;

/** What the server keeps beside its database. Files are written whole or not at all. */
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
        'Set PAGGIO_DATA_DIR to a directory that can be written.',
      );
    }
  }

  /** The current master key, made on the first call, and the previous one while a rotation has not finished. */
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

  /** Writes a file whose text was `before`, null for none. Of several processes that make it at once the first one counts. */
  replace(name: string, before: string | null, text: string): void {
    const file = join(this.path, name);
    const fresh = `${file}.new-${process.pid}`;
    // A killed process with the same id may have left it, linked to the file that is in use.
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

  /** Removes secrets that a killed process left half-way. */
  private removeUnfinished(): void {
    for (const name of readdirSync(this.path)) {
      if (!UNFINISHED.test(name)) continue;
      const file = join(this.path, name);
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
      if (age > UNFINISHED_MS) rmSync(file, { force: true });
    }
  }
}
