import { RecentMap } from '../recent-map';

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
 * process and the database, it is no quota to be paid for. It remembers the 100,000 names that were used last; a name that
 * was forgotten begins with a full bucket.
 */
export class RateLimiter {
  private readonly buckets: RecentMap<string, { tokens: number; at: number }>;

  constructor(
    private readonly rate: RateLimit,
    private readonly clock: () => number = () => performance.now(),
    maxBuckets = MAX_BUCKETS,
  ) {
    this.buckets = new RecentMap(maxBuckets);
  }

  /** Takes one request's worth. */
  take(name: string): RateVerdict {
    const now = this.clock();
    const tokens = this.tokensOf(name, now);
    const left = tokens >= 1 ? tokens - 1 : tokens;
    this.buckets.set(name, { tokens: left, at: now });
    return this.verdict(tokens >= 1, left);
  }

  /** Gives one request's worth back, for one that turned out not to count. */
  giveBack(name: string): void {
    const now = this.clock();
    const before = this.buckets.get(name);
    if (before) this.buckets.set(name, { tokens: Math.min(this.rate.burst, this.tokensOf(name, now) + 1), at: now });
  }

  private tokensOf(name: string, now: number): number {
    const { perSecond, burst } = this.rate;
    const before = this.buckets.get(name);
    return before ? Math.min(burst, before.tokens + ((now - before.at) / 1000) * perSecond) : burst;
  }

  private verdict(allowed: boolean, left: number): RateVerdict {
    const { perSecond, burst } = this.rate;
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(left),
      resetAt: Math.ceil(Date.now() / 1000 + (burst - left) / perSecond),
      retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond)),
    };
  }
}
