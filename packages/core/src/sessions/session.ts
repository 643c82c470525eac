import type { Mode, Principal, Scope } from '../principal';

/** Who is signed in to the dashboard. */
export interface Session {
  id: string;
  principal: Principal & { sessionId: string };
  /** Modes that it may show: both, for whoever may make keys of both. */
  modes: readonly Mode[];
  expiresAt: Date;
}

/** A session as its user sees it in a list. */
export interface SessionSummary {
  id: string;
  /** Of the key or link that opened it. */
  mode: Mode;
  scopes: Scope[];
  /** The key that opened it, and that ends it; null: a link that was made without a key. */
  keyId: string | null;
  keyPrefix: string | null;
  /** Where it was opened from; null: unknown, as with sessions of an earlier version. */
  remoteAddr: string | null;
  /** The first 256 characters of what the browser said about itself. A stranger's text. */
  userAgent: string | null;
  createdAt: Date;
  /** Exact to a minute. */
  lastUsedAt: Date;
  expiresAt: Date;
}

/** What is known about the browser that signs in. */
export interface SignInRequest {
  remoteAddr: string | null;
  /** Its `User-Agent`; longer than 256 characters, it is cut. */
  userAgent: string | null;
  /** Token of the session that it has already, and which the new one takes the place of. */
  token: string | null;
}

export const noBrowser: SignInRequest = { remoteAddr: null, userAgent: null, token: null };
