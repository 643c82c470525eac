import type { Credentials } from '../events/credentials';
import type { Findings } from './rejection';
import type { Lock } from '../events/lock';

/** A request that verification refused, as its owner sees it. It is not an event and is never delivered. */
export interface RejectionSummary {
  id: string;
  endpointId: string;
  provider: string;
  /** Why it was refused, as a stable word. */
  reason: string;
  method: string;
  path: string;
  /** Size of the body as it arrived, in bytes. */
  size: number;
  /** Whether only the beginning of the body was stored. */
  bodyTruncated: boolean;
  remoteAddr: string | null;
  receivedAt: Date;
}

export interface RejectionDetail extends RejectionSummary {
  query: string;
  /** Names and values in turn, as received. */
  rawHeaders: string[];
  /** The whole body, or its beginning if it was cut. */
  body: Buffer;
  /** The explanation from before the body was cut. `null` if the body is whole, or if none was made, as in a flood. */
  findings: Findings | null;
  /** Which of these values are the sender's credentials. Only administrators may see them. `null` means none. */
  credentials: Credentials | null;
  /** Why the credentials cannot be decrypted, so that `***` replaces them. False when they can, or there are none. */
  locked: Lock | false;
}
