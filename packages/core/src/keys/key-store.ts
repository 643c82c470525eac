import { In, IsNull, type FindOptionsWhere } from 'typeorm';
import type { Actor, Owner } from '../principal';
import { toPage, type Page, type Paging } from '../page';
import { keepAudit } from '../audit/audit-store';
import { withConfigVersion } from '../storage/config-version';
import type { Database } from '../storage/database';
import { apiKeySchema, type ApiKeyRow } from '../storage/entities/api-key';
import { endKeyless } from './session-ends';
import { visibleModes } from '../storage/visible-modes';

/** Whether an operation covers the keys of one user or of all users. */
export type KeyReach = 'own' | 'everybody';

export class KeyStore {
  constructor(private readonly database: Database) {}

  /**
   * @param expiresAt `null` means never, and `undefined` the same time as for the key that creates it
   * @returns the stored row, or why there is none: `past` and `late` are about `expiresAt`, and `maker_gone` means that
   * the key that creates it is no longer valid
   */
  async insert(
    actor: Actor,
    row: ApiKeyRow,
    expiresAt: Date | null | undefined,
  ): Promise<ApiKeyRow | 'past' | 'late' | 'maker_gone'> {
    return this.database.source.transaction(async (manager) => {
      // The lock keeps a key that is being revoked from creating another one at the last moment.
      const [maker] = actor.keyId
        ? await manager.query<{ valid: boolean; expiresAt: Date | null }[]>(MAKER, [actor.keyId])
        : [];
      if (maker?.valid === false) return 'maker_gone';
      const end = maker?.expiresAt ?? null;
      const made = { ...row, expiresAt: expiresAt === undefined ? end : expiresAt };
      if (end !== null && (made.expiresAt === null || made.expiresAt > end)) return 'late';
      // The clock of the database decides, because it also decides when a key has expired.
      const [{ past } = { past: false }] = await manager.query<{ past: boolean | null }[]>(
        'select $1::timestamptz <= now() as past',
        [made.expiresAt],
      );
      if (past) return 'past';
      await manager.getRepository(apiKeySchema).insert(made);
      await keepAudit(manager, actor, [
        { action: 'key.created', objectId: row.id, before: null, after: factsOf(made) },
      ]);
      return made;
    });
  }

  async everMade(userId: string): Promise<boolean> {
    const [row] = await this.database.rows<{ found: boolean }>(
      'select exists (select from paggio.api_keys where user_id = $1) as found',
      [userId],
    );
    return row?.found ?? false;
  }

  async list(owner: Owner, paging: Paging, reach: KeyReach): Promise<Page<ApiKeyRow>> {
    const live = this.database.source
      .getRepository(apiKeySchema)
      .createQueryBuilder('k')
      .where({ ...within(owner, reach), revokedAt: IsNull() });
    const total = await live.getCount();
    const query = live
      .orderBy('k.id', 'DESC')
      .limit(paging.limit + 1)
      .offset(paging.offset);
    if (paging.startingAfter !== null) query.andWhere('k.id < :after', { after: paging.startingAfter });
    return toPage(await query.getMany(), paging, total);
  }

  /** Revokes a key. Returns the new configuration version, or null when there is no such key. */
  async revoke(actor: Actor, id: string, reach: KeyReach): Promise<number | null> {
    const { result, version } = await withConfigVersion(this.database, async (manager) => {
      const keys = manager.getRepository(apiKeySchema);
      const live = { ...within(actor, reach), id, revokedAt: IsNull() };
      const row = await keys.findOne({ where: live, lock: { mode: 'pessimistic_write' } });
      if (!row) return false;
      await keys.update({ id }, { revokedAt: new Date() });
      // The entry names the key's user only if that is somebody else.
      const before = row.userId === actor.userId ? null : { user_id: row.userId, mode: row.mode, name: row.name };
      await keepAudit(manager, actor, [{ action: 'key.revoked', objectId: id, before, after: null }]);
      await endKeyless(manager, actor, id);
      return true;
    });
    return result ? version : null;
  }

  /** The keys with these hashes, including revoked and expired ones. */
  async findByHashes(hashes: readonly Buffer[]): Promise<(ApiKeyRow & { expired: boolean })[]> {
    const rows = await this.database.lookUp<ApiKeyRow & { expired: boolean | null }>(
      'paggio_api_keys',
      `select k.id, k.user_id as "userId", k.mode, k.name, k.prefix, k.hash, k.scopes, k.expires_at as "expiresAt",
         k.revoked_at as "revokedAt", k.expires_at <= now() as expired
       from paggio.api_keys k where k.hash = any($1::bytea[])`,
      [hashes],
    );
    return rows.map((row) => ({ ...row, expired: row.expired ?? false }));
  }

  async markUsed(id: string): Promise<void> {
    await this.database.source.query('update paggio.api_keys set last_used_at = now() where id = $1', [id]);
  }
}

const MAKER = `
  select revoked_at is null and (expires_at is null or expires_at > now()) as valid, expires_at as "expiresAt"
  from paggio.api_keys where id = $1 for share`;

function factsOf({ userId, mode, name, prefix, scopes, expiresAt }: ApiKeyRow): Record<string, unknown> {
  return { user_id: userId, mode, name, prefix, scopes, expires_at: expiresAt?.toISOString() ?? null };
}

function within(owner: Owner, reach: KeyReach): FindOptionsWhere<ApiKeyRow> {
  return reach === 'everybody' ? {} : { userId: owner.userId, mode: In(visibleModes(owner)) };
}
