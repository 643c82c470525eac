/** A handler as the database knows it. */
export interface HandlerSummary {
  name: string;
  source: string;
  eventTypes: string[];
  /** Processes that run it now. */
  running: number;
  /** Deliveries that wait for it, up to 100000. */
  pending: number;
}
