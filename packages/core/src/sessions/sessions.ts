import { createHash, randomBytes } from 'node:crypto';
import { notFound, PaggioError } from '../errors';
import { formatId, newId } from '../event-id';
import { unauthorized } from '../keys/keys';
import { SharedLookups } from '../keys/shared-lookups';
import type { Page, Paging } from '../page';
import { hasScope, type Mode, type Principal, type Scope } from '../principal';
import type { ListedSessionRow, SessionRow, SessionStore } from './session-store';
import type { RefusedSignIns } from './refused-sign-ins';
import { noBrowser, type Session, type SessionSummary, type SignInRequest } from './session';

/** A session ends after this time without use. */
export const IDLE_MS = 12 * 3_600_000;
const LASTS_MS = 7 * 24 * 3_600_000;
const LINK_LASTS_MS = 3_600_000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const USER_AGENT_LENGTH = 256;

/**
 * Sessions of the dashboard. They are in the database, so every process knows them and a restart ends none. Signing
 * out, or revoking the key that opened a session, ends it everywhere at once. A session that was opened without a key
 * ends when the last key of its user is revoked.
 */
export class Sessions {
  private readonly lookups = new SharedLookups((names) => this.store.known(names));

  constructor(
    private readonly store: SessionStore,
    private readonly refused: RefusedSignIns,
  ) {}

  /**
   * Opens a session. It lasts seven days, or twelve hours without use. Only this answer has the token. Opening it ends
   * the session that the browser had, and the oldest sessions of a key that has more than a hundred.
   */
  async open(principal: Principal, browser: SignInRequest = noBrowser): Promise<string> {
    const { userId, mode, scopes, keyId } = principal;
    const session = newSession(browser);
    await this.store.open({
      ...session,
      userId,
      mode,
      scopes: [...scopes],
      keyId,
      by: keyId === null ? 'host' : 'key',
    });
    return session.token;
  }

  /**
   * Whether a token may belong to a session or a link that is still valid. It waits up to 100 ms, so that many such
   * questions cost one statement. Only `find` and `useLink` decide.
   * @throws PaggioError `RATE_LIMITED` when too many questions wait
   */
  async mayBeValid(token: string): Promise<boolean> {
    return TOKEN.test(token) && (await this.lookups.ask(hashOf(token).toString('latin1'))) !== null;
  }

  /**
   * Finds the session of a token. Returns null when the token is invalid, the session has ended, or its key was
   * revoked.
   */
  async find(token: string): Promise<Session | null> {
    const row = TOKEN.test(token) ? await this.store.find(hashOf(token), IDLE_MS) : null;
    return row && { id: row.id, principal: toPrincipal(row), modes: modesOf(row), expiresAt: row.expiresAt };
  }

  /**
   * Makes the session show the objects of this mode from now on.
   * @throws PaggioError `UNAUTHORIZED` when there is no session, `FORBIDDEN` for a mode that is not one of its `modes`
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

  /** Signs out. */
  async close(token: string, remoteAddr: string | null = null): Promise<void> {
    if (TOKEN.test(token)) await this.store.close(hashOf(token), remoteAddr);
  }

  /**
   * Lists the sessions of the principal's user, newest first. A live key or session sees those of both modes. A test
   * one sees those of test mode, and its own session.
   */
  async list(principal: Principal, paging: Paging): Promise<Page<SessionSummary>> {
    const page = await this.store.list(principal, principal.sessionId ?? null, IDLE_MS, paging);
    return { ...page, items: page.items.map(toSummary) };
  }

  /**
   * Ends one of the sessions that `list` shows, everywhere at once.
   * @throws PaggioError `NOT_FOUND`
   */
  async end(principal: Principal, id: string): Promise<void> {
    if (!(await this.store.end(principal, principal.sessionId ?? null, id))) throw notFound('session');
  }

  /** Ends all sessions except the principal's own, and invalidates the links that have not been used yet. */
  async endOthers(principal: Principal): Promise<void> {
    await this.store.endOthers(principal, principal.sessionId ?? null);
  }

  /** Creates a token that `useLink` accepts once, within an hour. */
  async createLink(principal: Principal): Promise<string> {
    const { userId, mode, scopes, keyId } = principal;
    const token = newToken();
    const id = formatId(newId());
    const link = { id, hash: hashOf(token), userId, mode, scopes: [...scopes], keyId, lastsMs: LINK_LASTS_MS };
    await this.store.addLink(link);
    return token;
  }

  /** Opens a session and returns its token. Returns null for a link that was used, has expired or never existed. */
  async useLink(token: string, browser: SignInRequest = noBrowser): Promise<string | null> {
    const session = newSession(browser);
    if (TOKEN.test(token) && (await this.store.openByLink(hashOf(token), session))) return session.token;
    await this.refused.link(TOKEN.test(token) ? await this.store.spentLink(hashOf(token)) : null, browser);
    return null;
  }

  /** Records that somebody tried to sign in with an invalid key. */
  async refuseKey(key: string, browser: SignInRequest): Promise<void> {
    await this.refused.key(key, browser);
  }
}

function newToken(): string {
  return randomBytes(32).toString('base64url');
}

type Opening = Parameters<SessionStore['openByLink']>[1];

function newSession({ remoteAddr, userAgent, token: old }: SignInRequest): Opening & { token: string } {
  const token = newToken();
  const replaces = old !== null && TOKEN.test(old) ? hashOf(old) : null;
  const id = formatId(newId());
  return { id, token, hash: hashOf(token), lastsMs: LASTS_MS, remoteAddr, userAgent: shorten(userAgent), replaces };
}

function shorten(userAgent: string | null): string | null {
  return userAgent === null ? null : userAgent.slice(0, USER_AGENT_LENGTH);
}

/** Tokens are random, so a fast hash is enough, and looking it up reveals nothing about similar tokens. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

function toPrincipal({ id, userId, shownMode, scopes, keyId }: SessionRow): Session['principal'] {
  return { userId, mode: shownMode, scopes: new Set(scopes as Scope[]), keyId, sessionId: id };
}

/** An administrator of live mode may create test keys, and so sees both modes. A test key sees nothing of live mode. */
function modesOf({ mode, scopes }: SessionRow): Mode[] {
  const isAdmin = hasScope({ mode, scopes: new Set(scopes as Scope[]) }, 'admin');
  return mode === 'live' && isAdmin ? ['live', 'test'] : [mode];
}

function toSummary(row: ListedSessionRow): SessionSummary {
  const { id, mode, scopes, keyId, keyPrefix, remoteAddr, userAgent, createdAt, usedAt, expiresAt } = row;
  return {
    id,
    mode,
    scopes: scopes as Scope[],
    keyId,
    keyPrefix,
    remoteAddr,
    userAgent,
    createdAt,
    lastUsedAt: usedAt,
    expiresAt,
  };
}
