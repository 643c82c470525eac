/** A delivery that this process holds the lease of. */
export interface Work {
  eventId: string;
  destinationId: string;
  endpointId: string;
  leaseToken: string;
  /** Attempts made before this one. */
  attemptCount: number;
  /** What is sent, or null when the body is too large to travel with the claim. */
  content: EventContent | null;
}

/** What of an event a destination receives. */
export interface EventContent {
  method: string;
  query: string;
  /** Names and values in turn, as received. */
  headers: readonly string[];
  body: Buffer;
  correlationId: string | null;
  originId: string;
}

/** One finished attempt on its way into the record. */
export interface AttemptResult {
  work: Work;
  attemptId: Buffer;
  url: string;
  state: 'pending' | 'delivered' | 'failed';
  statusReason: string | null;
  retryInMs: number | null;
  nextReason: string | null;
  responseStatus: number | null;
  responseHeaders: Record<string, string | string[]>;
  responseBody: Buffer;
  responseTruncated: boolean;
  latencyMs: number;
  error: string | null;
  reason: string;
}

/** The durable side of delivery. No use case knows that it is PostgreSQL. */
export interface DeliveryRecord {
  /** Takes due deliveries under new leases: at most `limit`, and per destination what is free beside `busy`. */
  claim(limit: number, busy: ReadonlyMap<string, number>): Promise<Work[]>;
  /** The content of an event whose body did not travel with the claim; null when it is gone. */
  load(eventId: string): Promise<EventContent | null>;
  /** Writes results whose lease still stands; the others were taken over and are dropped. Idempotent. */
  commit(results: AttemptResult[]): Promise<void>;
  /** Prolongs leases. Returns the tokens that no longer stand. */
  renew(works: readonly Work[]): Promise<string[]>;
  /** Gives leases back unused: due at once, attempt not counted. */
  release(works: readonly Work[]): Promise<void>;
  /** Ends deliveries that must not be tried again, without an attempt. */
  cancel(works: readonly Work[], reason: string): Promise<void>;
}
