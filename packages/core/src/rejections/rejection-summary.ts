import type { Credentials } from '../events/credentials';
import type { Findings } from './rejection';
import type { Lock } from '../events/lock';

/** A request that verification refused, as its owner sees it. It is no event: it is never delivered. */
export interface RejectionSummary {
  id: string;
  endpointId: string;
  provider: string;
  /** Why: a stable word. */
  reason: string;
  method: string;
  path: string;
  /** Bytes of the body as it came. */
  size: number;
  /** Only the beginning of the body was kept. */
  bodyTruncated: boolean;
  remoteAddr: string | null;
  receivedAt: Date;
}

export interface RejectionDetail extends RejectionSummary {
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  /** The whole body, or its beginning where it was cut. */
  body: Buffer;
  /** What an explanation found before the body was cut. Null: the body is whole, or none was made, as in a flood. */
  findings: Findings | null;
  /** Which values of these are credentials of the sender: only for administrators to see; null: none. */
  credentials: Credentials | null;
  /** Why the credentials cannot be opened; `***` replaces them then. False when they can be opened, or there are none. */
  locked: Lock | false;
}
