import type { Mode, Principal, Scope } from '../principal';

/** A session of the dashboard. */
export interface Session {
  id: string;
  principal: Principal & { sessionId: string };
  /** The modes that it may show. It may show both when its user may create keys of both. */
  modes: readonly Mode[];
  expiresAt: Date;
}

/** A session as its user sees it in a list. */
export interface SessionSummary {
  id: string;
  /** The mode of the key or link that opened it. */
  mode: Mode;
  scopes: Scope[];
  /**
   * Id of the key that opened it. It ends with that key. `null` when a link that was created without a key opened it.
   */
  keyId: string | null;
  keyPrefix: string | null;
  /** The address that it was opened from. `null` when it is unknown, as for sessions of an earlier version. */
  remoteAddr: string | null;
  /** The first 256 characters of the browser's `User-Agent`. The browser may send any text. */
  userAgent: string | null;
  createdAt: Date;
  /** Exact to a minute. */
  lastUsedAt: Date;
  expiresAt: Date;
}

/** The browser that signs in. */
export interface SignInRequest {
  remoteAddr: string | null;
  /** Its `User-Agent`. Text after 256 characters is cut. */
  userAgent: string | null;
  /** The token of the browser's present session, which the new one replaces. */
  token: string | null;
}

export const noBrowser: SignInRequest = { remoteAddr: null, userAgent: null, token: null };
