import type { Explanation } from '@paggio/providers';
import type { Owner } from '../principal';
import { RecentMap } from '../flow/recent-map';
import type { Credentials } from '../events/credentials';

/** The parts of an explanation that do not depend on when it was made. */
export type Findings = Pick<Explanation, 'matches' | 'hints'>;

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
  /** The whole body, or its beginning if it was cut. */
  body: Buffer;
  /** Size of the body as it arrived, in bytes. */
  size: number;
  /** The explanation from before the body was cut. `null` if the body is whole, or if none was made. */
  findings: Findings | null;
  /** Where the stored part of the request carries credentials, which are encrypted. `null` means nowhere. */
  credentials: Credentials | null;
  remoteAddr: string | null;
  receivedAt: number;
}

export interface RejectionLog {
  /** Stores a rejection and returns its id. */
  keep(rejection: Rejection): Promise<string>;
}

/** The stored bodies of one endpoint take at most this many bytes. The oldest rejections make room for the newest. */
export const KEPT_BYTES = 16 * 1024 * 1024;
/** This many bytes of a body are stored when it is cut. */
export const CUT_BYTES = 64 * 1024;

const WINDOW_MS = 10_000;
const KEPT_PER_WINDOW = 20;
/** The most bytes that one endpoint, and all of them, write in a window. Bodies beyond that are cut. */
const WRITTEN_PER_ENDPOINT = 48 * 1024 * 1024;
const WRITTEN_IN_ALL = 96 * 1024 * 1024;
/**
 * Few bodies are explained, because each takes a few passes over a large body, during which the process does nothing
 * else.
 */
const EXPLAINED_PER_WINDOW = 5;

interface Window {
  since: number;
  count: number;
  bytes: number;
}

/**
 * Decides how much of a refused request is stored. A flood of forged requests costs their verification, but only twenty
 * rows and 48 MiB per endpoint in ten seconds, and 96 MiB in all.
 */
export class RejectionThrottle {
  private readonly windows = new RecentMap<string, Window>(10_000);
  private all: Window = { since: Number.NEGATIVE_INFINITY, count: 0, bytes: 0 };
  private explained = 0;

  /** @returns how many bytes of the body to store, or null to store nothing of this request */
  admits(endpointId: string, size: number, now: number): number | null {
    if (now - this.all.since > WINDOW_MS) {
      this.all = { since: now, count: 0, bytes: 0 };
      this.explained = 0;
    }
    let window = this.windows.get(endpointId);
    if (!window || now - window.since > WINDOW_MS) {
      window = { since: now, count: 0, bytes: 0 };
      this.windows.set(endpointId, window);
    }
    if (++window.count > KEPT_PER_WINDOW) return null;
    const whole =
      size <= KEPT_BYTES && window.bytes + size <= WRITTEN_PER_ENDPOINT && this.all.bytes + size <= WRITTEN_IN_ALL;
    const kept = whole ? size : Math.min(size, CUT_BYTES);
    window.bytes += kept;
    this.all.bytes += kept;
    return kept;
  }

  /** Whether a body that is about to be cut may be explained first. In a flood only a few are. */
  admitsExplanation(): boolean {
    return ++this.explained <= EXPLAINED_PER_WINDOW;
  }
}
