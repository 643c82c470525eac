import { In, IsNull } from 'typeorm';
import type { Actor, Mode, Owner } from '../principal';
import { toPage, type Page, type Paging } from '../page';
import { keepAudit } from './audit-store';
import { change } from './change';
import type { Database } from './database';
import { apiKeySchema, type ApiKeyRow } from './entities/api-key';

export class KeyStore {
  constructor(private readonly database: Database) {}

  async insert(actor: Actor, row: ApiKeyRow): Promise<void> {
    const { id, userId, mode, name, prefix, scopes, expiresAt } = row;
    const after = { user_id: userId, mode, name, prefix, scopes, expires_at: expiresAt?.toISOString() ?? null };
    await this.database.source.transaction(async (manager) => {
      await manager.getRepository(apiKeySchema).insert(row);
      await keepAudit(manager, actor, [{ action: 'key.created', objectId: id, before: null, after }]);
    });
  }

  async list(owner: Owner, paging: Paging): Promise<Page<ApiKeyRow>> {
    const live = this.database.source
      .getRepository(apiKeySchema)
      .createQueryBuilder('k')
      .where('k.user_id = :userId and k.mode in (:...modes) and k.revoked_at is null', {
        userId: owner.userId,
        modes: visibleModes(owner),
      });
    const total = await live.getCount();
    const query = live
      .orderBy('k.id', 'DESC')
      .limit(paging.limit + 1)
      .offset(paging.offset);
    if (paging.startingAfter !== null) query.andWhere('k.id < :after', { after: paging.startingAfter });
    return toPage(await query.getMany(), paging, total);
  }

  /** Returns the configuration version after it; null when there is no such key. */
  async revoke(actor: Actor, id: string): Promise<number | null> {
    const { result, version } = await change(this.database, async (manager) => {
      const live = { id, userId: actor.userId, mode: In(visibleModes(actor)), revokedAt: IsNull() };
      const { affected } = await manager.getRepository(apiKeySchema).update(live, { revokedAt: new Date() });
      if (affected !== 1) return false;
      await keepAudit(manager, actor, [{ action: 'key.revoked', objectId: id, before: null, after: null }]);
      return true;
    });
    return result ? version : null;
  }

  async findByHash(hash: Buffer): Promise<(ApiKeyRow & { expired: boolean; version: number }) | null> {
    const [row] = await this.database.rows<ApiKeyRow & { id: string | null; expired: boolean; version: string }>(
      `select k.id, k.user_id as "userId", k.mode, k.name, k.prefix, k.hash, k.scopes, k.expires_at as "expiresAt",
         k.revoked_at as "revokedAt", k.expires_at <= now() as expired, s.config_version as version
       from paggio.state s left join paggio.api_keys k on k.hash = $1`,
      [hash],
    );
    return row?.id ? { ...row, expired: row.expired ?? false, version: Number(row.version) } : null;
  }

  async markUsed(id: string): Promise<void> {
    await this.database.source.query('update paggio.api_keys set last_used_at = now() where id = $1', [id]);
  }
}

/** A live key manages the keys of both modes; a test key sees nothing of live mode. */
function visibleModes(owner: Owner): Mode[] {
  return owner.mode === 'live' ? ['live', 'test'] : ['test'];
}
