import type { Database } from '../storage/database';

/**
 * Whether every process that delivers from this database can open sealed credentials. New events keep their credentials
 * in clear while a process of an older version delivers, because it could not send them. A process that delivers learns
 * this when it checks in; the others have to look.
 */
export class SealGate {
  private open = false;

  constructor(
    private readonly database: Database,
    private readonly crewMs: number,
  ) {}

  get isOpen(): boolean {
    return this.open;
  }

  learn(open: boolean): void {
    this.open = open;
  }

  async look(): Promise<void> {
    const [row] = await this.database.rows<{ sealing: boolean }>(LOOK, [this.crewMs]);
    this.learn(row?.sealing ?? false);
  }
}

const LOOK = `
  select coalesce(bool_and(seals), true) as sealing
  from paggio.workers where seen_at >= now() - $1 * interval '1 millisecond'`;
