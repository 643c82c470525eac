import { setTimeout as sleep } from 'node:timers/promises';
import type { Paggio } from '@paggio/core';
import type { DataDirectory } from './data-directory';

const AGAIN_MS = 60_000;

/**
 * Finishes the rotation of a master key that nobody else can finish: of the embedded database, and of a key in the data
 * directory. What is stored under a previous key is encrypted again while the server works; then the file with the previous
 * key is removed. A server that is stopped meanwhile goes on at its next start.
 */
export class KeyRotation {
  private readonly end = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly paggio: Paggio,
    private readonly directory: DataDirectory,
  ) {}

  /** Does not wait for it: webhooks are taken in meanwhile. */
  start(): void {
    if (this.paggio.options.previousMasterKeys.length > 0) this.running = this.run();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.paggio.rotateMasterKey({ signal });
        for (const key of this.paggio.options.previousMasterKeys) this.directory.masterKeyFiles.forget(key);
        return;
      } catch {
        // The log has it as a fault.
      }
      await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
