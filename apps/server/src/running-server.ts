import type { Paggio } from '@paggio/core';
import type { FirstRun } from './first-run';

export interface RunningServer extends FirstRun {
  paggio: Paggio;
  /** Where it listens. */
  url: string;
  /** Set when the default port was taken. */
  movedFrom: number | null;
  database: { embedded: boolean; description: string };
  dataDirectory: string;
  /** Signs in once, within an hour; null where this process serves no dashboard. */
  dashboardUrl: string | null;
  /** The same link with an address for a name, for browsers that do not know the name; null where it has none. */
  dashboardAddressUrl: string | null;
  /** Stops taking requests, finishes what is in flight, and stops the embedded database last. */
  stop(): Promise<void>;
  /** Stops only the embedded database, when no other process uses it: for a process that ends without waiting. */
  release(): Promise<void>;
}
