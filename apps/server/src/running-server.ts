import type { Paggio } from '@paggio/core';
import type { FirstRun } from './first-run';

export interface RunningServer extends FirstRun {
  paggio: Paggio;
  /** The URL on which the server listens. */
  url: string;
  /** The default port if it was in use and the server took another one; otherwise null. */
  movedFrom: number | null;
  database: { embedded: boolean; description: string };
  dataDirectory: string;
  /** A link that signs in once, within an hour; null if this process does not serve the dashboard. */
  dashboardUrl: string | null;
  /** The same link with an IP address, for browsers that cannot resolve the name; null if the link has no name. */
  dashboardAddressUrl: string | null;
  /** Stops taking requests, finishes what is in flight, and stops the embedded database last. */
  stop(): Promise<void>;
  /** Stops only the embedded database, if no other process uses it. For a process that must end without waiting. */
  release(): Promise<void>;
}
