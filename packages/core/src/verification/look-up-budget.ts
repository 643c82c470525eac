const WINDOW_MS = 60_000;
const PER_ENDPOINT = 30;
const SHARED = 300;
/** What an endpoint gets in any case, however many others are flooded. */
const RESERVED = 3;

/** Who a look-up is charged to. */
export interface Asker {
  /** Id of the endpoint that a request came to. */
  endpoint: string;
  /** Network of its sender; null: unknown. */
  sender: string | null;
}

/**
 * How many unknown keys are looked up in a minute: 30 for an endpoint, as long as all endpoints of this process together
 * have not used 300, and 3 in any case. A sender whose address is known may take as many as it leaves free of its
 * endpoint's. So names that somebody makes up use a part only, and genuine requests of other senders and endpoints still
 * find some left.
 */
export class LookUpBudget {
  private since = Number.NEGATIVE_INFINITY;
  private total = 0;
  /** By endpoint, and by endpoint and sender: at most two entries for each look-up of a window. */
  private readonly taken = new Map<string, number>();

  /** Takes one look-up, or none. @param now on the monotonic clock, in milliseconds */
  admits({ endpoint, sender }: Asker, now: number): boolean {
    if (now - this.since >= WINDOW_MS) {
      this.since = now;
      this.total = 0;
      this.taken.clear();
    }
    const ofEndpoint = this.taken.get(endpoint) ?? 0;
    const limit = Math.max(RESERVED, Math.min(PER_ENDPOINT, SHARED - this.total));
    if (ofEndpoint >= limit) return false;
    if (sender !== null) {
      const name = `${endpoint} ${sender}`;
      const ofSender = this.taken.get(name) ?? 0;
      if (ofSender >= limit - ofEndpoint) return false;
      this.taken.set(name, ofSender + 1);
    }
    this.taken.set(endpoint, ofEndpoint + 1);
    this.total++;
    return true;
  }
}
