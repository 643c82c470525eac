import type { Mode } from '../principal';
import type { Database } from './database';

export interface SessionRow {
  userId: string;
  /** Of the key or link that opened it. */
  mode: Mode;
  /** Whose objects it shows now. */
  shownMode: Mode;
  scopes: string[];
  keyId: string | null;
  expiresAt: Date;
}

export interface NewSession extends Omit<SessionRow, 'expiresAt' | 'shownMode'> {
  hash: Buffer;
  kind: 'link' | 'session';
  lastsMs: number;
}

const COLUMNS =
  's.user_id as "userId", s.mode, s.shown_mode as "shownMode", s.scopes, s.key_id as "keyId", s.expires_at as "expiresAt"';
// What was opened with a key ends with it.
const STANDS =
  'select from paggio.api_keys k where k.id = s.key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())';

/** Sessions and sign-in links by the hash of their token. The database's clock says when they end. */
export class SessionStore {
  constructor(private readonly database: Database) {}

  async insert({ hash, kind, userId, mode, scopes, keyId, lastsMs }: NewSession): Promise<void> {
    await this.database.rows(
      `insert into paggio.sessions (hash, kind, user_id, mode, shown_mode, scopes, key_id, expires_at)
       values ($1, $2, $3, $4, $4, $5, $6, now() + $7 * interval '1 millisecond')`,
      [hash, kind, userId, mode, scopes, keyId, lastsMs],
    );
  }

  /** Null: there is none, or it was left alone for longer than `idleMs`. */
  async find(hash: Buffer, idleMs: number): Promise<SessionRow | null> {
    const [row] = await this.database.rows<SessionRow & { stale: boolean }>(
      `select ${COLUMNS}, s.used_at < now() - interval '1 minute' as stale from paggio.sessions s
       where s.hash = $1 and s.kind = 'session' and s.expires_at > now()
         and s.used_at > now() - $2 * interval '1 millisecond' and (s.key_id is null or exists (${STANDS}))`,
      [hash, idleMs],
    );
    // Once a minute is often enough to know that it is in use.
    if (row?.stale) await this.database.rows('update paggio.sessions set used_at = now() where hash = $1', [hash]);
    return row ?? null;
  }

  async show(hash: Buffer, mode: Mode): Promise<void> {
    await this.database.rows('update paggio.sessions set shown_mode = $2 where hash = $1', [hash, mode]);
  }

  async remove(hash: Buffer): Promise<void> {
    await this.database.rows('delete from paggio.sessions where hash = $1', [hash]);
  }

  /** Of two requests with the same link one gets it. */
  async takeLink(hash: Buffer): Promise<SessionRow | null> {
    const [row] = await this.database.rows<SessionRow>(
      `with taken as (delete from paggio.sessions where hash = $1 and kind = 'link' returning *)
       select ${COLUMNS} from taken s where s.expires_at > now()`,
      [hash],
    );
    return row ?? null;
  }

  async sweep(): Promise<void> {
    await this.database.rows('delete from paggio.sessions where expires_at < now()');
  }
}
