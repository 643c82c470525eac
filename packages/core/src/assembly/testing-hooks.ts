import type { Timing } from '../flow/timing';
import type { Resolve } from '../transport/address-guard';
import type { Transport } from '../transport/transport';

/** Replacements that tests use for the network and for time. Missing members default to the real thing. */
export interface TestingHooks {
  /** Looks up the addresses of a host name. */
  resolve?: Resolve;
  /** Returns the transport that all outgoing requests use, for example one that wraps the real one. */
  transport?: (real: Transport) => Transport;
  /** Times that differ from `defaultTiming`. */
  timing?: Partial<Timing>;
}
