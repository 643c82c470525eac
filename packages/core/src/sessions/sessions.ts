import { createHash, randomBytes } from 'node:crypto';
import { PaggioError } from '../errors';
import { unauthorized } from '../keys/keys';
import { hasScope, type Mode, type Principal, type Scope } from '../principal';
import type { SessionRow, SessionStore } from '../storage/session-store';

/** Who is signed in to the dashboard. */
export interface Session {
  principal: Principal;
  /** Modes that it may show: both, for whoever may make keys of both. */
  modes: readonly Mode[];
  expiresAt: Date;
}

/** Since it was last used. */
const IDLE_MS = 12 * 3_600_000;
const LASTS_MS = 7 * 24 * 3_600_000;
const LINK_LASTS_MS = 3_600_000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * Sessions of the dashboard. They are in the database: every process knows them, a restart ends none, and signing out or
 * revoking the key that opened one ends it everywhere at once.
 */
export class Sessions {
  constructor(private readonly store: SessionStore) {}

  /** A session for seven days, or twelve hours without use. The token is in this answer only. */
  async open(principal: Principal): Promise<string> {
    return this.keep('session', principal, LASTS_MS);
  }

  /** Null for a token that is none, of a session that has ended, or whose key was revoked. */
  async find(token: string): Promise<Session | null> {
    const row = TOKEN.test(token) ? await this.store.find(hashOf(token), IDLE_MS) : null;
    return row && { principal: toPrincipal(row), modes: modesOf(row), expiresAt: row.expiresAt };
  }

  /**
   * Shows the objects of this mode from now on.
   * @throws PaggioError `UNAUTHORIZED` for no session, `FORBIDDEN` for a mode that is none of its `modes`
   */
  async show(token: string, mode: Mode): Promise<Session> {
    const session = await this.find(token);
    if (!session) throw unauthorized();
    if (!session.modes.includes(mode)) {
      throw new PaggioError('FORBIDDEN', `This session does not show ${mode} mode`, {
        hint: `Sign in with a ${mode} key.`,
      });
    }
    await this.store.show(hashOf(token), mode);
    return { ...session, principal: { ...session.principal, mode } };
  }

  async close(token: string): Promise<void> {
    if (TOKEN.test(token)) await this.store.remove(hashOf(token));
  }

  /** A token that `useLink` takes once, within an hour. */
  async createLink(principal: Principal): Promise<string> {
    return this.keep('link', principal, LINK_LASTS_MS);
  }

  /** Opens a session; null for a link that was used, has expired or never was. */
  async useLink(token: string): Promise<string | null> {
    const row = TOKEN.test(token) ? await this.store.takeLink(hashOf(token)) : null;
    return row && this.open(toPrincipal(row));
  }

  private async keep(kind: 'link' | 'session', principal: Principal, lastsMs: number): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const { userId, mode, scopes, keyId } = principal;
    await this.store.insert({ hash: hashOf(token), kind, userId, mode, scopes: [...scopes], keyId, lastsMs });
    return token;
  }
}

/** Tokens are random: a fast hash is enough, and looking it up tells nothing about near misses. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

function toPrincipal({ userId, shownMode, scopes, keyId }: SessionRow): Principal {
  return { userId, mode: shownMode, scopes: new Set(scopes as Scope[]), keyId };
}

/** An administrator of live mode makes test keys as well; a test key sees nothing of live mode. */
function modesOf({ mode, scopes }: SessionRow): Mode[] {
  const isAdmin = hasScope({ mode, scopes: new Set(scopes as Scope[]) }, 'admin');
  return mode === 'live' && isAdmin ? ['live', 'test'] : [mode];
}
