import { PaggioError } from '../errors';
import { RecentMap } from '../flow/recent-map';

/** The average requests per second, and the number that may come at once. */
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
  /** The time (Unix seconds) at which the whole burst is available again. */
  resetAt: number;
  /** Seconds until the next request is allowed. 0 when this one is. */
  retryAfterSeconds: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MAX_BUCKETS = 100_000;

/**
 * Keeps a token bucket for each name. Each process counts by itself, because the limit protects the process and the
 * database and is not a quota. The limiter remembers the 100,000 names that were used last. A forgotten name begins
 * with a full bucket.
 */
export class RateLimiter {
  private readonly buckets: RecentMap<string, Bucket>;

  constructor(
    private readonly rate: RateLimit,
    private readonly clock: () => number = () => performance.now(),
    maxBuckets = MAX_BUCKETS,
  ) {
    this.buckets = new RecentMap(maxBuckets);
  }

  /** Takes the token of one request, and returns how many are left. */
  take(name: string): RateVerdict {
    const allowed = this.spend(name);
    const left = this.look(name);
    return allowed ? { ...left, allowed, retryAfterSeconds: 0 } : left;
  }

  /**
   * Takes the token of one request. Returns false when none is left. It is for hot paths, and creates no objects for a
   * known name.
   * @param now the time, if the caller has read the clock already
   */
  spend(name: string, now = this.clock()): boolean {
    const bucket = this.bucketOf(name, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Gives back the token of a request that turned out not to count. A bucket never holds more than the burst. */
  giveBack(name: string): void {
    const bucket = this.bucketOf(name, this.clock());
    bucket.tokens = Math.min(this.rate.burst, bucket.tokens + 1);
  }

  /** The verdict on the next request, without taking a token. */
  look(name: string): RateVerdict {
    const { tokens } = this.bucketOf(name, this.clock());
    const { perSecond, burst } = this.rate;
    const allowed = tokens >= 1;
    return {
      allowed,
      limit: burst,
      remaining: Math.floor(tokens),
      resetAt: Math.ceil(Date.now() / 1000 + (burst - tokens) / perSecond),
      retryAfterSeconds: allowed ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond)),
    };
  }

  /** The bucket of a name, refilled up to `now`. */
  private bucketOf(name: string, now: number): Bucket {
    const { perSecond, burst } = this.rate;
    const bucket = this.buckets.get(name);
    if (bucket) {
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      return bucket;
    }
    const full = { tokens: burst, at: now };
    this.buckets.set(name, full);
    return full;
  }
}

export function rateHeaders(verdict: RateVerdict): [string, string][] {
  return [
    ['X-RateLimit-Limit', String(verdict.limit)],
    ['X-RateLimit-Remaining', String(verdict.remaining)],
    ['X-RateLimit-Reset', String(verdict.resetAt)],
  ];
}

/** The error for a request whose bucket is empty. It says when to try again. */
export function rateLimited(verdict: RateVerdict, message: string, hint: string): PaggioError {
  return new PaggioError('RATE_LIMITED', message, {
    hint,
    retryAfterSeconds: verdict.retryAfterSeconds,
    headers: rateHeaders(verdict),
  });
}
