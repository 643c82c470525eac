import type { Client } from 'pg';

/**
 * The connections that are open. A pool of pg resolves its end once it has asked its connections to close; the server still
 * has their sessions then, which would hold up a client that drops the database next.
 */
export class OpenConnections {
  private readonly open = new Set<Client>();
  private waiting: (() => void)[] = [];

  add(client: Client): void {
    this.open.add(client);
    client.once('end', () => {
      this.open.delete(client);
      if (this.open.size === 0) this.waiting.splice(0).forEach((done) => done());
    });
  }

  /** Resolves when all have closed, or after `limitMs`: a network that swallows packets never says so. */
  async closed(limitMs: number): Promise<void> {
    if (this.open.size === 0) return;
    await new Promise<void>((done) => {
      const limit = setTimeout(done, limitMs);
      this.waiting.push(() => {
        clearTimeout(limit);
        done();
      });
    });
  }
}
