import type { EndpointConfig } from '../endpoints/endpoint-config';
import type { PaggioError } from '../errors';
import { RateLimiter, rateLimited, type RateLimit } from '../keys/rate-limiter';
import { networkOf } from '../transport/network';
import { RecentMap } from '../flow/recent-map';

/**
 * The limit of each sender for requests to URLs that are not in memory, because each costs a look-up in the database.
 */
const UNKNOWN_URLS: RateLimit = { perSecond: 50, burst: 2_000 };
/** The part of a limit that one sender may use, and that all senders without a verified event may use together. */
const PART = 0.5;
/** A sender counts as known for this long after a verified event. */
const KNOWN_MS = 3_600_000;
/** A known sender is noted again after this time, so that most events only read the map. */
const NOTE_AGAIN_MS = 60_000;
const MAX_KNOWN = 100_000;

export interface CaptureRates {
  /** `null` means no limit. */
  endpoint: RateLimit | null;
  user: RateLimit | null;
}

/**
 * Limits how many requests webhook URLs accept. Each process decides by itself, before it reads the body.
 *
 * A sender is known at an endpoint when one of its events passed verification there within the last hour. All other
 * senders together may use half of the limit of an endpoint with verification, and half of the limit of a user, so that
 * a flood from many addresses leaves the other half to the provider. A process that has just started knows no sender.
 */
export class CaptureLimits {
  private readonly endpoints: Shared | null;
  /**
   * Limits one address at one endpoint, so that a flood from it leaves room for the sender that the endpoint is for.
   */
  private readonly senders: RateLimiter | null;
  private readonly users: Shared | null;
  private readonly unknown = new RateLimiter(UNKNOWN_URLS);
  /** Endpoint and sender, with the time of the last verified event. */
  private readonly known = new RecentMap<string, number>(MAX_KNOWN);

  /** @param clock milliseconds of a clock that never goes back */
  constructor(
    { endpoint, user }: CaptureRates,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.endpoints = endpoint && shared(endpoint, clock);
    this.senders = endpoint && new RateLimiter(partOf(endpoint), clock);
    this.users = user && shared(user, clock);
  }

  /** Counts one request to an endpoint. Returns null when it is within the limits. */
  take({ id, userId, verifier }: EndpointConfig, sender: string | null): PaggioError | null {
    if (!this.endpoints && !this.users) return null;
    const now = this.clock();
    const name = nameOf(id, sender);
    if (this.senders && !this.senders.spend(name, now))
      return refusal(this.senders, name, 'Too many requests from this address');
    const known = now - (this.known.get(name) ?? -Infinity) < KNOWN_MS;
    // Without verification every sender is unknown, so a reserved half would serve nobody.
    const endpoints = this.endpoints && spend(this.endpoints, id, known || verifier === null, now);
    if (endpoints) return refusal(endpoints, id, 'Too many requests to this URL');
    const users = this.users && spend(this.users, userId, known, now);
    return users && refusal(users, userId, 'Too many requests to the webhook URLs of this user');
  }

  /** Notes that an event of this sender passed the verification of an endpoint. */
  noteVerified(endpointId: string, sender: string | null): void {
    if (!this.endpoints && !this.users) return;
    const now = this.clock();
    const name = nameOf(endpointId, sender);
    if (now - (this.known.get(name) ?? -Infinity) > NOTE_AGAIN_MS) this.known.set(name, now);
  }

  /** Counts one look-up of a URL that this process does not remember. Returns null when it is within the limit. */
  takeUnknown(sender: string | null): PaggioError | null {
    const name = networkOf(sender);
    return this.unknown.spend(name)
      ? null
      : refusal(this.unknown, name, 'Too many requests to URLs without an endpoint');
  }

  /** Undoes `takeUnknown`, because the URL belongs to an endpoint. */
  giveBackUnknown(sender: string | null): void {
    this.unknown.giveBack(networkOf(sender));
  }
}

/** The limit for all senders, and the part of it that unknown senders may use together. */
interface Shared {
  all: RateLimiter;
  strangers: RateLimiter;
}

function shared(rate: RateLimit, clock: () => number): Shared {
  return { all: new RateLimiter(rate, clock), strangers: new RateLimiter(partOf(rate), clock) };
}

/** @returns the limiter that refuses, or null. A refused stranger uses up nothing of what known senders may use. */
function spend({ all, strangers }: Shared, name: string, known: boolean, now: number): RateLimiter | null {
  if (!known && !strangers.spend(name, now)) return strangers;
  return all.spend(name, now) ? null : all;
}

function nameOf(endpointId: string, sender: string | null): string {
  return `${endpointId} ${networkOf(sender)}`;
}

function refusal(limiter: RateLimiter, name: string, message: string): PaggioError {
  const verdict = limiter.look(name);
  return rateLimited(verdict, message, `Send the request again after ${verdict.retryAfterSeconds} s.`);
}

function partOf({ perSecond, burst }: RateLimit): RateLimit {
  return { perSecond: perSecond * PART, burst: Math.ceil(burst * PART) };
}
