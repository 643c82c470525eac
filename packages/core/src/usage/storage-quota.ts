import { PaggioError } from '../errors';

/** The bytes that may be stored. `null` means no limit. `sizeOf` defines how many an event counts for. */
export interface Quotas {
  perEndpoint: number | null;
  perUser: number | null;
  /** The limit for the unverified events of one endpoint. */
  unverified: number | null;
}

/** Bytes stored for an endpoint or a user. */
export interface StoredBytes {
  all: number;
  unverified: number;
}

/** Endpoints and users that have used much of a quota, as the database counts it. */
export interface Usage {
  endpoints: ReadonlyMap<string, StoredBytes>;
  users: ReadonlyMap<string, StoredBytes>;
}

export interface UsageSource {
  /** Reads the endpoints and users that use at least this many bytes. */
  read(atLeast: { endpoint: number; user: number }): Promise<Usage>;
}

/** The endpoint of an event, and its user. */
export interface Holder {
  id: string;
  userId: string;
}

/** Endpoints and users that use less than this part of a quota are not read. */
const NEAR = 0.5;
/** The part of the quota of a user that unverified events may take, so that there is always room for verified ones. */
const UNVERIFIED_PART = 0.5;
/**
 * Retention runs every minute and usage is read every ten seconds, so a sender that retries sooner is refused again.
 */
const RETRY_AFTER_SECONDS = 300;

/** While no event comes, one call of `refresh` in this many reads. */
const QUIET_CALLS = 3;

const NOTHING: Usage = { endpoints: new Map(), users: new Map() };
type Counts = Map<string, StoredBytes>;

/** What this process stored in an interval between two readings. */
interface Interval {
  endpoints: Counts;
  users: Counts;
}

const interval = (): Interval => ({ endpoints: new Map(), users: new Map() });

/**
 * Decides whether there is room for an event. The event index counts stored and removed bytes in the database, off the
 * path of events. This class reads the counts every ten seconds, or every thirty seconds while no event comes, and adds
 * what this process has stored since. Processes see each other's events with the next reading after the index has counted
 * them, so together they may exceed a quota by what they store in that time.
 */
export class StorageQuota {
  private usage = NOTHING;
  /** Bytes stored since the last reading. */
  private recent = interval();
  /**
   * What the database had not counted, at the last reading, of the interval before it and of the one before that, the
   * oldest first. The index may lag behind by longer than one interval: a process that stores nothing looks for events
   * every 15 seconds.
   */
  private before: readonly Interval[] = [interval(), interval()];
  private readonly limited: boolean;
  /** How often `refresh` was called since an event came. */
  private quietCalls = 0;

  constructor(
    private readonly quotas: Quotas,
    private readonly source: UsageSource,
  ) {
    this.limited = Object.values(quotas).some((quota) => quota !== null);
  }

  /** Reads what the database has counted. While no event comes, only every third call reads. */
  async refresh(): Promise<void> {
    if (!this.limited) return;
    if (this.quietCalls++ % QUIET_CALLS !== 0) return;
    const { perEndpoint, perUser, unverified } = this.quotas;
    // An event that is stored during the reading belongs to the next interval.
    const ended = this.recent;
    const fresh = (this.recent = interval());
    try {
      const least = Math.min(perEndpoint ?? Infinity, unverified ?? Infinity);
      const usage = await this.source.read({ endpoint: least * NEAR, user: (perUser ?? Infinity) * NEAR });
      const intervals = [...this.before, ended];
      const endpoints = uncounted(
        intervals.map((one) => one.endpoints),
        this.usage.endpoints,
        usage.endpoints,
      );
      const users = uncounted(
        intervals.map((one) => one.users),
        this.usage.users,
        usage.users,
      );
      this.before = intervals.map((_, n) => ({ endpoints: endpoints[n]!, users: users[n]! })).slice(1);
      this.usage = usage;
    } catch (error) {
      this.recent = {
        endpoints: merged(ended.endpoints, fresh.endpoints),
        users: merged(ended.users, fresh.users),
      };
      this.quietCalls = 0;
      throw error;
    }
  }

  /** Counts an event that was stored. */
  add({ id, userId }: Holder, bytes: number, verified: boolean): void {
    if (!this.limited) return;
    this.quietCalls = 0;
    const { endpoints, users } = this.recent;
    if (this.quotas.perEndpoint !== null || this.quotas.unverified !== null) count(endpoints, id, bytes, verified);
    if (this.quotas.perUser !== null) count(users, userId, bytes, verified);
  }

  /** @returns `RATE_LIMITED` when there is no room for an event of this size, else null */
  refuses(holder: Holder, bytes: number, verified: boolean): PaggioError | null {
    if (!this.limited) return null;
    this.quietCalls = 0;
    const { perEndpoint, perUser, unverified } = this.quotas;
    if (perEndpoint !== null && this.used('endpoints', holder.id, 'all') + bytes > perEndpoint)
      return full('The storage quota of this endpoint is used up');
    if (!verified && unverified !== null && this.used('endpoints', holder.id, 'unverified') + bytes > unverified)
      return full('The storage quota for unverified events of this endpoint is used up');
    if (perUser === null) return null;
    if (this.used('users', holder.userId, 'all') + bytes > perUser)
      return full('The storage quota of this user is used up');
    if (!verified && this.used('users', holder.userId, 'unverified') + bytes > perUser * UNVERIFIED_PART)
      return full('The storage quota for unverified events of this user is used up');
    return null;
  }

  private used(kind: keyof Usage, name: string, of: keyof StoredBytes): number {
    let used = (this.usage[kind].get(name)?.[of] ?? 0) + (this.recent[kind].get(name)?.[of] ?? 0);
    for (const one of this.before) used += one[kind].get(name)?.[of] ?? 0;
    return used;
  }
}

function count(counts: Counts, name: string, bytes: number, verified: boolean): void {
  const stored = counts.get(name);
  if (!stored) counts.set(name, { all: bytes, unverified: verified ? 0 : bytes });
  else {
    stored.all += bytes;
    if (!verified) stored.unverified += bytes;
  }
}

/**
 * The bytes of some intervals, the oldest first, that the database has not counted yet. Growth between two readings is
 * attributed to this process, and to its oldest bytes first, so that nothing is counted twice. Events of other processes
 * count with the next reading.
 */
function uncounted(
  intervals: readonly Counts[],
  last: ReadonlyMap<string, StoredBytes>,
  now: ReadonlyMap<string, StoredBytes>,
): Counts[] {
  const growth = (name: string, of: keyof StoredBytes): number =>
    Math.max(0, (now.get(name)?.[of] ?? 0) - (last.get(name)?.[of] ?? 0));
  const counted: Counts = new Map();
  return intervals.map((stored) => {
    const left: Counts = new Map();
    for (const [name, { all, unverified }] of stored) {
      const rest = counted.get(name) ?? { all: growth(name, 'all'), unverified: growth(name, 'unverified') };
      left.set(name, { all: Math.max(0, all - rest.all), unverified: Math.max(0, unverified - rest.unverified) });
      counted.set(name, {
        all: Math.max(0, rest.all - all),
        unverified: Math.max(0, rest.unverified - unverified),
      });
    }
    return left;
  });
}

function merged(one: Counts, other: Counts): Counts {
  for (const [name, { all, unverified }] of other) {
    const stored = one.get(name);
    one.set(name, { all: all + (stored?.all ?? 0), unverified: unverified + (stored?.unverified ?? 0) });
  }
  return one;
}

function full(message: string): PaggioError {
  return new PaggioError('RATE_LIMITED', message, {
    hint: 'Send the request again later. Only retention frees room (PAGGIO_RETENTION or the option retention); otherwise the operator has to raise the quota. Verified events do not count towards a quota for unverified events.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
