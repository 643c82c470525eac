import type { AuditAction, AuditEntry, AuditFilter, AuditRecord } from './audit-entry';
import { firstIdAt, formatId, newId } from '../event-id';
import { PAGE_BYTES, toPage, TOTAL_LIMIT, type Page, type Paging } from '../page';
import type { Actor, Owner } from '../principal';
import type { Database } from '../storage/database';
import { fittingRows, unfitted, type Fitting } from '../storage/fitting-rows';
import type { Statements } from '../storage/statements';

/** Stores entries in the transaction of the change that they describe, so that neither exists without the other. */
export async function keepAudit(statements: Statements, actor: Actor, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await statements.query(INSERT, [
    actor.userId,
    actor.mode,
    actor.keyId ?? null,
    actor.remoteAddr ?? null,
    entries.map(() => formatId(newId())),
    entries.map(({ action }) => action),
    entries.map(({ objectId }) => objectId),
    entries.map(({ before }) => before && JSON.stringify(before)),
    entries.map(({ after }) => after && JSON.stringify(after)),
  ]);
}

const DAY_MS = 24 * 3_600_000;

const INSERT = `
  insert into paggio.audit (id, user_id, mode, key_id, remote_addr, action, object_id, before, after, created_at)
  select id, $1, $2, $3, $4, action, object_id, before, after, now()
  from unnest($5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::text[]) as e(id, action, object_id, before, after)`;

export class AuditStore {
  constructor(private readonly database: Database) {}

  add(actor: Actor, entry: AuditEntry): Promise<void> {
    return keepAudit(this.database.source, actor, [entry]);
  }

  /** Adds an entry, unless its user already has `aDay` entries with this action from the last 24 hours. */
  async addUpTo(actor: Actor, entry: AuditEntry, aDay: number): Promise<void> {
    await this.database.source.transaction(async (manager) => {
      const [counted] = await manager.query<{ count: number }[]>(
        `select count(*)::int as count from (
           select 1 from paggio.audit where user_id = $1 and mode = $2 and id >= $3 and action = $4 limit $5) t`,
        [actor.userId, actor.mode, firstIdAt(Date.now() - DAY_MS), entry.action, aDay],
      );
      if ((counted?.count ?? 0) < aDay) await keepAudit(manager, actor, [entry]);
    });
  }

  async list(owner: Owner, filter: AuditFilter, paging: Paging): Promise<Page<AuditRecord>> {
    const where = `user_id = $1 and mode = $2 and ($3::text is null or action = $3) and ($4::uuid is null or object_id = $4)`;
    const values = [owner.userId, owner.mode, filter.action ?? null, filter.objectId ?? null];
    const rows = await this.database.rows<
      Omit<AuditRecord, 'before' | 'after'> &
        Fitting & { action: AuditAction; before: string | null; after: string | null }
    >(
      fittingRows(
        `select id, action, object_id as "objectId", key_id as "keyId", remote_addr as "remoteAddr", before, after,
           created_at as "createdAt", coalesce(octet_length(before), 0) + coalesce(octet_length(after), 0) as size
         from paggio.audit where ${where} and ($5::uuid is null or id < $5) order by id desc limit $6 offset $7`,
        PAGE_BYTES,
      ),
      [...values, paging.startingAfter, paging.limit + 1, paging.offset],
    );
    const [counted] = await this.database.rows<{ count: number }>(
      `select count(*)::int as count from (select 1 from paggio.audit where ${where} limit $5) t`,
      [...values, TOTAL_LIMIT + 1],
    );
    const parse = (text: string | null): AuditEntry['before'] =>
      text === null ? null : (JSON.parse(text) as AuditEntry['before']);
    const records = rows.map((row) => ({ ...unfitted(row), before: parse(row.before), after: parse(row.after) }));
    return toPage(records, paging, counted?.count ?? 0, rows[0]?.found);
  }
}
