import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { masterKeyOf } from '@paggio/core';
import { StartError } from './start-error';

/** What the server keeps beside its database. Files are written whole or not at all. */
export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
    try {
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new StartError(
        `The data directory ${this.path} cannot be used: ${(error as Error).message}`,
        'Set PAGGIO_DATA_DIR to a directory that can be written.',
      );
    }
  }

  /** The master key, made on the first call. */
  masterKey(): Buffer {
    const file = join(this.path, 'master-key');
    if (!existsSync(file)) this.write('master-key', `${randomBytes(32).toString('base64')}\n`);
    const key = masterKeyOf(readFileSync(file, 'utf8').trim());
    if (!key) {
      throw new StartError(
        `${file} is damaged: it must hold base64 of 32 bytes.`,
        'Restore it from a backup: without it the stored secrets cannot be read.',
      );
    }
    return key;
  }

  read(name: string): string | null {
    const file = join(this.path, name);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  }

  write(name: string, text: string): void {
    const file = join(this.path, name);
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}
