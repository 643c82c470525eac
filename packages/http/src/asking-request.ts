import type { Arrival } from './arrival';

/** The parts of a request that tell where it comes from. */
export interface AskingRequest {
  method: string;
  rawHeaders: readonly string[];
  remoteAddr: string | null;
  arrival: Arrival;
  /** The request object of the host's framework. */
  hostRequest: unknown;
}
