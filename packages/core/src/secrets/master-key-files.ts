import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PaggioError } from '../errors';
import { masterKeyId, masterKeyOf, type MasterKeys } from './master-key';

const CURRENT = 'master-key';
const PREVIOUS = 'master-key.previous';
const NEXT = 'master-key.next';

/**
 * The master key of a data directory: the file `master-key`, and `master-key.previous` until a rotation has finished.
 */
export class MasterKeyFiles {
  constructor(private readonly directory: string) {}

  /**
   * The keys to start with. The first call creates the current one.
   * @throws PaggioError `CONFLICT` when a file is damaged
   */
  keys(): MasterKeys {
    if (!existsSync(this.file(CURRENT))) this.write(CURRENT, newKey(), placeFirst);
    const current = this.current();
    const previous = this.previous();
    return { current, previous: previous === null ? [] : [previous] };
  }

  /**
   * Creates a new current key and keeps the previous one, which the server needs to encrypt everything again. Until
   * that has happened, further calls change nothing. The call may be interrupted at any moment and repeated.
   * @returns ids of both keys, and whether this call created the new one
   * @throws PaggioError `NOT_FOUND` when the directory has no master key, `CONFLICT` when a file is damaged
   */
  renew(): { keyId: string; previousKeyId: string; made: boolean } {
    if (!existsSync(this.file(CURRENT))) {
      throw new PaggioError('NOT_FOUND', `There is no master key in ${this.directory}`, {
        hint: 'Give the data directory of the server (PAGGIO_DATA_DIR). A server with PAGGIO_MASTER_KEY has no such file.',
      });
    }
    let made = false;
    if (this.previous() === null) {
      this.write(NEXT, newKey());
      // The key is read only now, because another call may have put a new one in place meanwhile.
      const current = this.current();
      if (this.previous() === null) {
        this.write(PREVIOUS, current);
        made = this.move(NEXT, CURRENT);
      } else rmSync(this.file(NEXT), { force: true });
    }
    return { keyId: masterKeyId(this.current()), previousKeyId: masterKeyId(this.previous() as Buffer), made };
  }

  /** Removes a previous key that nothing needs any more. The current key stays, and so does any other previous one. */
  forget(key: Buffer): void {
    if (!this.previous()?.equals(key)) return;
    rmSync(this.file(PREVIOUS));
    this.sync();
  }

  private current(): Buffer {
    return this.read(CURRENT) as Buffer;
  }

  /** The previous key. Null when there is none, or when the call that kept it ended before the new key was in place. */
  private previous(): Buffer | null {
    const key = this.read(PREVIOUS);
    return key?.equals(this.current()) ? null : key;
  }

  private read(name: string): Buffer | null {
    const file = this.file(name);
    if (!existsSync(file)) return null;
    const key = masterKeyOf(readFileSync(file, 'utf8').trim());
    if (key) return key;
    throw new PaggioError('CONFLICT', `${file} is damaged: it must hold base64 of 32 bytes.`, {
      hint: 'Restore it from a backup: without it the stored secrets cannot be read.',
    });
  }

  /** Writes a key file completely or not at all. It is on disk before anything is encrypted with the key. */
  private write(name: string, key: Buffer, place: (fresh: string, file: string) => void = renameSync): void {
    const fresh = this.file(`${name}.${process.pid}`);
    const handle = openSync(fresh, 'w', 0o600);
    try {
      writeFileSync(handle, `${key.toString('base64')}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    this.giveToOwner(fresh);
    place(fresh, this.file(name));
    this.sync();
  }

  /** @returns false when another call has moved it already */
  private move(from: string, to: string): boolean {
    try {
      renameSync(this.file(from), this.file(to));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    this.sync();
    return true;
  }

  /**
   * Gives a file that root writes to the owner of the directory, so that the server, which may be another user, can
   * read it.
   */
  private giveToOwner(file: string): void {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = statSync(this.directory);
    chownSync(file, uid, gid);
  }

  /**
   * Makes renamed and removed entries of the directory durable. Windows cannot open directories and does not need this.
   */
  private sync(): void {
    if (process.platform === 'win32') return;
    const handle = openSync(this.directory, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }

  private file(name: string): string {
    return join(this.directory, name);
  }
}

/** Puts the first key in place. If two processes start at once on an empty directory, both use the key of the first. */
function placeFirst(fresh: string, file: string): void {
  try {
    linkSync(fresh, file);
  } catch (error) {
    // Some file systems do not support links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return renameSync(fresh, file);
  }
  rmSync(fresh);
}

function newKey(): Buffer {
  return randomBytes(32);
}
