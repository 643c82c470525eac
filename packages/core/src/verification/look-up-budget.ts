const WINDOW_MS = 60_000;
const PER_ENDPOINT = 30;
const SHARED = 300;
/** Look-ups that an endpoint gets in any case, even if others are flooded. */
const RESERVED = 3;

/** The endpoint and sender that a look-up is charged to. */
export interface ChargedTo {
  /** Id of the endpoint that a request came to. */
  endpoint: string;
  /** Network of its sender. `null` when it is unknown. */
  sender: string | null;
}

/**
 * Limits how many unknown keys are looked up in a minute. An endpoint gets 30 look-ups while all endpoints of this
 * process together have used less than 300, and 3 in any case. A sender with a known address may use at most as many
 * look-ups of its endpoint as it leaves free. So a sender of invented names uses only a part, and genuine requests of
 * other senders and endpoints still get look-ups.
 */
export class LookUpBudget {
  private since = Number.NEGATIVE_INFINITY;
  private total = 0;
  /** Counts by endpoint, and by endpoint and sender. A look-up adds at most two entries in a window. */
  private readonly taken = new Map<string, number>();

  /** Takes one look-up. Returns false when none is left. @param now milliseconds on the monotonic clock */
  admits({ endpoint, sender }: ChargedTo, now: number): boolean {
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
