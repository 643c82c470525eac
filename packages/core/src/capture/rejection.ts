import type { Owner } from '../principal';
import type { Credentials } from './credentials';

/** A request that verification refused. */
export interface Rejection extends Owner {
  endpointId: string;
  provider: string;
  reason: string;
  method: string;
  path: string;
  query: string;
  /** Names and values in turn. */
  rawHeaders: readonly string[];
  body: Buffer;
  /** What is sealed of it; null: it carries none. */
  credentials: Credentials | null;
  remoteAddr: string | null;
  receivedAt: number;
}

export interface RejectionLog {
  /** Returns the id it can be looked at under. */
  keep(rejection: Rejection): Promise<string>;
}

const WINDOW_MS = 10_000;
const KEPT_PER_WINDOW = 20;

/** A flood of forged requests costs verification, but no more than a few writes per endpoint. */
export class RejectionThrottle {
  private readonly windows = new Map<string, { since: number; count: number }>();

  admits(endpointId: string, now: number): boolean {
    const window = this.windows.get(endpointId);
    if (!window || now - window.since > WINDOW_MS) {
      if (this.windows.size > 10_000) this.windows.clear();
      this.windows.set(endpointId, { since: now, count: 1 });
      return true;
    }
    return ++window.count <= KEPT_PER_WINDOW;
  }
}
