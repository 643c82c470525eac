import { setTimeout as sleep } from 'node:timers/promises';
import type { Paggio } from '@paggio/core';
import type { DataDirectory } from './data-directory';

const AGAIN_MS = 60_000;

/**
 * Finishes the rotation of a master key for the embedded database, or for a key in the data directory. It encrypts the
 * secrets of a previous key with the current one while the server runs, then removes the file with the previous key. If
 * the server stops before that, its next start continues.
 */
export class KeyRotation {
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly paggio: Paggio,
    private readonly directory: DataDirectory,
  ) {}

  /** Starts the rotation in the background, so that webhooks are accepted at the same time. */
  start(): void {
    if (this.paggio.host.options.previousMasterKeys.length > 0) this.running = this.run();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.paggio.admin.rotateMasterKey({ signal });
        for (const key of this.paggio.host.options.previousMasterKeys) this.directory.masterKeyFiles.forget(key);
        return;
      } catch {
        // `paggio` has already logged it as a fault.
      }
      await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
