/** The maximum age of a pool, and so of a connection that is used for a new request. */
export const MAX_CONNECTION_AGE_MS = 60_000;

/** How to end a client's pool. */
export interface PoolEnd<Pool> {
  /** Stops accepting requests, waits for those under way, and closes the connections. Resolves after that. */
  retire(pool: Pool): Promise<void>;
  /** Closes everything at once. */
  destroy(pool: Pool): Promise<void>;
}

export interface PoolAge {
  /** @default 60000 */
  maxAgeMs?: number;
  /** Returns the milliseconds of a clock that only moves forwards. */
  now?: () => number;
}

/**
 * Keeps one pool of connections for each key. A pool accepts requests for a minute, and then a new one takes its place.
 * So a busy destination is resolved and checked again, and Paggio follows it to a new address. Without this limit, one
 * event every few seconds would keep a connection to the old address for ever.
 */
export class ConnectionPools<Pool> {
  /** The oldest pool comes first. */
  private readonly pools = new Map<string, { pool: Pool; bornAt: number }>();
  private readonly retired = new Set<Pool>();
  private readonly maxAgeMs: number;
  private readonly now: () => number;

  constructor(
    private readonly end: PoolEnd<Pool>,
    { maxAgeMs = MAX_CONNECTION_AGE_MS, now = () => performance.now() }: PoolAge = {},
  ) {
    this.maxAgeMs = maxAgeMs;
    this.now = now;
  }

  of(key: string, open: () => Pool): Pool {
    const now = this.now();
    const known = this.pools.get(key);
    if (known && now - known.bornAt < this.maxAgeMs) return known.pool;
    this.retireBornBefore(now - this.maxAgeMs);
    const pool = open();
    this.pools.set(key, { pool, bornAt: now });
    return pool;
  }

  /** Removes a pool that has no connections any more. */
  drop(key: string, pool: Pool): void {
    if (this.pools.get(key)?.pool !== pool) return;
    this.pools.delete(key);
    this.retire(pool);
  }

  async destroy(): Promise<void> {
    const all = [...this.retired, ...[...this.pools.values()].map(({ pool }) => pool)];
    this.retired.clear();
    this.pools.clear();
    await Promise.all(all.map((pool) => this.end.destroy(pool)));
  }

  private retireBornBefore(time: number): void {
    for (const [key, { pool, bornAt }] of this.pools) {
      if (bornAt > time) return;
      this.pools.delete(key);
      this.retire(pool);
    }
  }

  private retire(pool: Pool): void {
    this.retired.add(pool);
    const ended = (): void => void this.retired.delete(pool);
    this.end.retire(pool).then(ended, ended);
  }
}
