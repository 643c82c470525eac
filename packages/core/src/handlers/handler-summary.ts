/** A handler as the database knows it. */
export interface HandlerSummary {
  name: string;
  source: string;
  eventTypes: string[];
  /** Number of processes that run it now. */
  running: number;
  /** Number of its pending deliveries, up to 100000. */
  pending: number;
}
