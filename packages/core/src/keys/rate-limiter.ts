/** Requests per second in the long run, and how many may come at once. */
export interface RateLimit {
  /** 1 to 100000. */
  perSecond: number;
  /** 1 to 1000000. */
  burst: number;
}

export interface RateVerdict {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Unix seconds when the whole burst is there again. */
  resetAt: number;
  /** Seconds until the next request is allowed; 0 when this one is. */
  retryAfterSeconds: number;
}

const MAX_BUCKETS = 100_000;

/**
 * A token bucket for each name, in this process. Several processes limit each for itself: the limit protects the
 * process and the database, it is no quota to be paid for.
 */
export class RateLimiter {
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(
    private readonly rate: RateLimit,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Takes one request's worth. */
  take(name: string): RateVerdict {
    const now = this.clock();
    const { perSecond, burst } = this.rate;
    const before = this.buckets.get(name);
    const tokens = before ? Math.min(burst, before.tokens + ((now - before.at) / 1000) * perSecond) : burst;
    const allowed = tokens >= 1;
    const left = allowed ? tokens - 1 : tokens;
    // Whoever comes back after the map was emptied begins with a full bucket.
    if (!before && this.buckets.size >= MAX_BUCKETS) this.buckets.clear();
    this.buckets.set(name, { tokens: left, at: now });
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(left),
      resetAt: Math.ceil(Date.now() / 1000 + (burst - left) / perSecond),
      retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond)),
    };
  }
}
