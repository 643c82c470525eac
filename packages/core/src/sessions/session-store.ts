import type { EntityManager } from 'typeorm';
import { TOTAL_LIMIT, toPage, type Page, type Paging } from '../page';
import type { Actor, Mode, Owner } from '../principal';
import { keepAudit } from '../audit/audit-store';
import type { Database } from '../storage/database';
import { keepEnds, KEYLESS_LOCK, remove, REMOVED, type Removed } from '../keys/session-ends';
import { visibleModes } from '../storage/visible-modes';

export interface SessionRow {
  id: string;
  userId: string;
  /** The mode of the key or link that opened it. */
  mode: Mode;
  /** The mode whose objects it shows now. */
  shownMode: Mode;
  scopes: string[];
  keyId: string | null;
  expiresAt: Date;
}

/** A session as it is listed. */
export interface ListedSessionRow extends SessionRow {
  /** `null` when it was opened with a link that was created without a key. */
  keyPrefix: string | null;
  remoteAddr: string | null;
  userAgent: string | null;
  createdAt: Date;
  usedAt: Date;
}

export interface NewLink extends Pick<SessionRow, 'id' | 'userId' | 'mode' | 'scopes' | 'keyId'> {
  hash: Buffer;
  lastsMs: number;
}

export interface NewSession extends NewLink {
  remoteAddr: string | null;
  userAgent: string | null;
  /** Whether a key, a link or the host opens it. The audit log records this. */
  by: 'key' | 'link' | 'host';
  /** Hash of the session that this one replaces. */
  replaces: Buffer | null;
}

/** A link that cannot sign in any more, and its owner. */
export interface SpentLink extends Owner {
  id: string;
  keyId: string | null;
  reason: 'link_used' | 'link_expired' | 'key_ended';
}

/**
 * A key has at most this many sessions, because it can sign in as often as its rate limit allows. The oldest ones end.
 */
export const SESSIONS_PER_KEY = 100;

const COLUMNS =
  's.id, s.user_id as "userId", s.mode, s.shown_mode as "shownMode", s.scopes, s.key_id as "keyId", s.expires_at as "expiresAt"';
/** A session or link that was created with a key ends with that key. */
const KEY_STANDS = `(s.key_id is null or exists (
  select from paggio.api_keys k where k.id = s.key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())))`;
const standsFor = (idleMs: string): string =>
  `s.kind = 'session' and s.expires_at > now() and s.used_at > now() - ${idleMs}::int8 * interval '1 millisecond' and ${KEY_STANDS}`;
/** Stores sessions and sign-in links by the hash of their token. The clock of the database decides when they end. */
export class SessionStore {
  constructor(private readonly database: Database) {}

  async addLink({ id, hash, userId, mode, scopes, keyId, lastsMs }: NewLink): Promise<void> {
    await this.database.rows(
      `insert into paggio.sessions (id, hash, kind, user_id, mode, shown_mode, scopes, key_id, expires_at)
       values ($1, $2, 'link', $3, $4, $4, $5, $6, now() + $7 * interval '1 millisecond')`,
      [id, hash, userId, mode, scopes, keyId, lastsMs],
    );
  }

  /** Opens a session, ends those that make room for it, and records both in the audit log. */
  async open(session: NewSession): Promise<void> {
    await this.database.source.transaction((manager) => open(manager, session));
  }

  /**
   * Opens a session in exchange for a link. A link works once, even if two requests use it concurrently.
   * @returns null for a link that was used, has expired or never existed
   */
  async openByLink(
    link: Buffer,
    session: Pick<NewSession, 'id' | 'hash' | 'lastsMs' | 'remoteAddr' | 'userAgent' | 'replaces'>,
  ): Promise<true | null> {
    return this.database.source.transaction(async (manager) => {
      // A concurrent revocation of the last key either ends the link first, or waits for the session and ends it.
      await manager.query(
        `select pg_advisory_xact_lock_shared(${KEYLESS_LOCK}, hashtext(user_id)) from paggio.sessions where hash = $1`,
        [link],
      );
      // The row becomes a session that has ended. It signs in nobody, not even in the previous version. It stays for a
      // while, so that a second use of the link is recognised.
      const [row] = await manager.query<SessionRow[]>(
        `with taken as (
           update paggio.sessions s set kind = 'session', expires_at = now()
           where s.hash = $1 and s.kind = 'link' and s.expires_at > now() and ${KEY_STANDS} returning *)
         select ${COLUMNS} from taken s`,
        [link],
      );
      if (!row) return null;
      const { userId, mode, scopes, keyId } = row;
      await open(manager, { ...session, userId, mode, scopes, keyId, by: 'link' });
      return true;
    });
  }

  /** Finds a link that cannot sign in any more, and its owner. It is known for an hour after its end. */
  async spentLink(hash: Buffer): Promise<SpentLink | null> {
    const [row] = await this.database.rows<Removed>(`select ${REMOVED} from paggio.sessions where hash = $1`, [hash]);
    // The token of a session that has not ended was never a link.
    if (!row || (row.kind === 'session' && row.alive)) return null;
    const reason = row.kind === 'session' ? 'link_used' : row.alive ? 'key_ended' : 'link_expired';
    return { id: row.id, userId: row.userId, mode: row.mode, keyId: row.keyId, reason };
  }

  /** Finds which of these hashes, as Latin-1 text, belong to sessions or links that have not expired. */
  async known(names: readonly string[]): Promise<Map<string, true>> {
    const rows = await this.database.rows<{ hash: Buffer }>(
      'select hash from paggio.sessions where hash = any($1::bytea[]) and expires_at > now()',
      [names.map((name) => Buffer.from(name, 'latin1'))],
    );
    return new Map(rows.map(({ hash }) => [hash.toString('latin1'), true]));
  }

  /** Finds a session. Returns null when there is none, or when it was not used for longer than `idleMs`. */
  async find(hash: Buffer, idleMs: number): Promise<SessionRow | null> {
    const [row] = await this.database.rows<SessionRow & { stale: boolean }>(
      `select ${COLUMNS}, s.used_at < now() - interval '1 minute' as stale from paggio.sessions s
       where s.hash = $1 and ${standsFor('$2')}`,
      [hash, idleMs],
    );
    // It is enough to record the use once a minute.
    if (row?.stale) await this.database.rows('update paggio.sessions set used_at = now() where hash = $1', [hash]);
    return row ?? null;
  }

  async show(hash: Buffer, mode: Mode): Promise<void> {
    await this.database.rows('update paggio.sessions set shown_mode = $2 where hash = $1', [hash, mode]);
  }

  /**
   * Lists the sessions of a user, newest first. They are those of the modes that this owner sees, and the current one.
   * @param current id of the session that makes the request
   */
  async list(owner: Owner, current: string | null, idleMs: number, paging: Paging): Promise<Page<ListedSessionRow>> {
    const where = `s.user_id = $1 and (s.mode = any($2) or s.id = $3) and ${standsFor('$4')}`;
    const values = [owner.userId, visibleModes(owner), current, idleMs];
    const rows = await this.database.rows<ListedSessionRow>(
      `select ${COLUMNS}, k.prefix as "keyPrefix", s.remote_addr as "remoteAddr", s.user_agent as "userAgent",
         s.created_at as "createdAt", s.used_at as "usedAt"
       from paggio.sessions s left join paggio.api_keys k on k.id = s.key_id
       where ${where} and ($5::uuid is null or s.id < $5) order by s.id desc limit $6 offset $7`,
      [...values, paging.startingAfter, paging.limit + 1, paging.offset],
    );
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.sessions s where ${where} limit $5) t`,
      [...values, TOTAL_LIMIT + 1],
    );
    return toPage(rows, paging, counted?.count ?? 0);
  }

  /** Ends the session with this token. */
  async close(hash: Buffer, remoteAddr: string | null): Promise<void> {
    await this.database.source.transaction(async (manager) => {
      const removed = await remove(manager, `hash = $1 and kind = 'session'`, [hash]);
      await keepEnds(manager, removed, 'signed_out', (one) => ({ ...one, remoteAddr }));
    });
  }

  /** Ends a session that `list` shows to this owner. Returns false when it shows no such session. */
  async end(actor: Actor, current: string | null, id: string): Promise<boolean> {
    return this.database.source.transaction(async (manager) => {
      const removed = await remove(
        manager,
        `id = $1 and user_id = $2 and (mode = any($3) or id = $4) and kind = 'session' and expires_at > now()`,
        [id, actor.userId, visibleModes(actor), current],
      );
      await keepEnds(manager, removed, 'ended', () => actor);
      return removed.length > 0;
    });
  }

  /** Ends every session that `list` shows except the current one, and the links that could still open one. */
  async endOthers(actor: Actor, current: string | null): Promise<void> {
    await this.database.source.transaction(async (manager) => {
      const removed = await remove(
        manager,
        'user_id = $1 and mode = any($2) and id is distinct from $3 and expires_at > now()',
        [actor.userId, visibleModes(actor), current],
      );
      await keepEnds(manager, removed, 'ended', () => actor);
    });
  }

  /** Removes sessions and links that ended more than an hour ago, and those that were not used for `idleMs`. */
  async sweep(idleMs: number): Promise<void> {
    await this.database.rows(
      `delete from paggio.sessions where expires_at < now() - interval '1 hour'
         or used_at < now() - $1::int8 * interval '1 millisecond'`,
      [idleMs],
    );
  }
}

async function open(manager: EntityManager, session: NewSession): Promise<void> {
  const { id, hash, userId, mode, scopes, keyId, lastsMs, remoteAddr, userAgent, by, replaces } = session;
  if (replaces !== null) {
    const replaced = await remove(manager, `hash = $1 and kind = 'session'`, [replaces]);
    await keepEnds(manager, replaced, 'replaced', (one) => ({ ...one, remoteAddr }));
  }
  await manager.query(
    `insert into paggio.sessions (id, hash, kind, user_id, mode, shown_mode, scopes, key_id, expires_at, remote_addr, user_agent)
     values ($1, $2, 'session', $3, $4, $4, $5, $6, now() + $7 * interval '1 millisecond', $8, $9)`,
    [id, hash, userId, mode, scopes, keyId, lastsMs, remoteAddr, userAgent],
  );
  const actor = { userId, mode, keyId, remoteAddr };
  const after = { by, scopes, user_agent: userAgent };
  await keepAudit(manager, actor, [{ action: 'session.opened', objectId: id, before: null, after }]);
  if (keyId === null) return;
  const surplus = await remove(
    manager,
    `id in (select id from paggio.sessions where key_id = $1 and kind = 'session' and expires_at > now()
       order by id desc offset $2)`,
    [keyId, SESSIONS_PER_KEY],
  );
  await keepEnds(manager, surplus, 'too_many', () => actor);
}
