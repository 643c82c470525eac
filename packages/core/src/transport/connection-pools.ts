/** The greatest age of a pool, and so of a connection that is used for a new request. */
export const MAX_CONNECTION_AGE_MS = 60_000;

/** How a client's pool ends. */
export interface PoolEnd<Pool> {
  /** Takes no new request: what is under way is finished, then the connections are closed. Resolves after that. */
  retire(pool: Pool): Promise<void>;
  /** Closes everything at once. */
  destroy(pool: Pool): Promise<void>;
}

export interface PoolAge {
  /** @default 60000 */
  maxAgeMs?: number;
  /** Milliseconds of a clock that only moves forwards. */
  now?: () => number;
}

/**
 * One pool of connections for each key. A pool takes requests for a minute; then a new one takes its place, so that a busy
 * destination is resolved and judged again, and is followed to a new address. Without an age, one event every few seconds
 * keeps a connection to the old address for ever.
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

  /** Lets go of a pool that has no connection any more. */
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
