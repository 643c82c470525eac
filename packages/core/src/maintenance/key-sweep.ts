import type { Database } from '../storage/database';

/** One statement reads this many pages of 8 kB, with fifteen thousand keys at most. */
const STEP_PAGES = 256;
/** One sweep reads 64 MB at most, so that a large table does not hold up the other tables. */
const STEPS = 32;
/** A table of more than one step is read from its beginning again only after this time. */
const PASS_MS = 900_000;

/** Removes expired keys in bounded steps. They no longer count, so this is only about space. */
export class KeySweep {
  /** Where the next step begins. */
  private page = 0;
  /** When the next pass may begin (`performance.now`). */
  private passAt = 0;

  constructor(private readonly database: Database) {}

  async run(): Promise<void> {
    await this.sweepDedupKeys();
    await this.database.source.query(SWEEP_IDEMPOTENCY_KEYS);
  }

  /** Reads the table page by page and goes on where it stopped, because an index by time would slow down the intake. */
  private async sweepDedupKeys(): Promise<void> {
    if (this.page === 0 && performance.now() < this.passAt) return;
    for (let step = 0; step < STEPS; step++) {
      const end = this.page + STEP_PAGES;
      const [row] = await this.database.rows<{ pages: number }>(SWEEP_DEDUP_KEYS, [`(${this.page},0)`, `(${end},0)`]);
      this.page = end;
      if (end < (row?.pages ?? 0)) continue;
      this.page = 0;
      this.passAt = end === STEP_PAGES ? 0 : performance.now() + PASS_MS;
      return;
    }
  }
}

// A key that is locked is being replaced by an event. Waiting for it might deadlock, because an intake locks its keys in
// another order.
const SWEEP_DEDUP_KEYS = `
  with removed as (
    delete from paggio.dedup_keys where ctid = any(array(
      select ctid from paggio.dedup_keys where ctid >= $1::tid and ctid < $2::tid and expires_at < now()
      for update skip locked
    ))
  )
  select (pg_relation_size('paggio.dedup_keys') / current_setting('block_size')::int)::int as pages`;

const SWEEP_IDEMPOTENCY_KEYS = `
  delete from paggio.idempotency_keys where (user_id, mode, operation, key) in (
    select user_id, mode, operation, key from paggio.idempotency_keys where expires_at < now() limit 5000)`;
