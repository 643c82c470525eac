import type { Database } from '../storage/database';

/**
 * Knows whether every process that delivers from this database can decrypt credentials. As long as a process of an
 * older version delivers, new events keep their credentials in clear, because that process could not send them
 * otherwise. A process that delivers learns the answer when it checks in. Other processes have to look it up.
 */
export class SealGate {
  private sealing = false;

  constructor(
    private readonly database: Database,
    private readonly workerGroupMs: number,
  ) {}

  get maySeal(): boolean {
    return this.sealing;
  }

  update(sealing: boolean): void {
    this.sealing = sealing;
  }

  async look(): Promise<void> {
    const [row] = await this.database.rows<{ sealing: boolean }>(LOOK, [this.workerGroupMs]);
    this.update(row?.sealing ?? false);
  }
}

const LOOK = `
  select coalesce(bool_and(seals), true) as sealing
  from paggio.workers where seen_at >= now() - $1 * interval '1 millisecond'`;
