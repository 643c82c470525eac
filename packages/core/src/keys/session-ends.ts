import type { EntityManager } from 'typeorm';
import type { AuditEntry } from '../audit/audit-entry';
import type { Actor, Owner } from '../principal';
import { keepAudit } from '../audit/audit-store';

/** Why a session ended before it expired, as the audit log records it. */
export type SessionEnd = 'signed_out' | 'ended' | 'replaced' | 'too_many' | 'last_key_revoked';

/** First half of the name of an advisory lock. The second half is the user. */
export const KEYLESS_LOCK = 0x70_67_73_6c;
export const REMOVED = 'id, user_id as "userId", mode, key_id as "keyId", kind, expires_at > now() as alive';

export interface Removed extends Owner {
  id: string;
  keyId: string | null;
  kind: 'link' | 'session';
  alive: boolean;
}

/**
 * Ends the sessions and links that the host or the server created without a key, once the last key of their user is
 * revoked. As long as the user has another key, that key can end them by hand. Call this in the transaction that
 * revokes the key, after the revocation.
 */
export async function endKeyless(manager: EntityManager, actor: Actor, keyId: string): Promise<void> {
  // If two keys are revoked at once, the second revocation waits here, and then sees that its key was the last.
  await manager.query(
    `select pg_advisory_xact_lock(${KEYLESS_LOCK}, hashtext(user_id)) from paggio.api_keys where id = $1`,
    [keyId],
  );
  const removed = await remove(
    manager,
    `key_id is null and expires_at > now() and exists (
       select from paggio.api_keys k where k.id = $1 and k.user_id = s.user_id and k.mode in ('live', s.mode))
     and not exists (
       select from paggio.api_keys o where o.user_id = s.user_id and o.mode in ('live', s.mode) and o.revoked_at is null
         and (o.expires_at is null or o.expires_at > now()))`,
    [keyId],
  );
  await keepEnds(manager, removed, 'last_key_revoked', (one) => ({ ...actor, userId: one.userId, mode: one.mode }));
}

/** Removes the sessions and links that match `where`, in which a row is called `s`. */
export function remove(manager: EntityManager, where: string, values: unknown[]): Promise<Removed[]> {
  return manager.query<Removed[]>(
    `with removed as (delete from paggio.sessions s where ${where} returning *) select ${REMOVED} from removed`,
    values,
  );
}

/** Adds an entry for each session that had not ended by itself. Links get none, because nobody was signed in. */
export async function keepEnds(
  manager: EntityManager,
  removed: readonly Removed[],
  reason: SessionEnd,
  actorOf: (removed: Removed) => Actor,
): Promise<void> {
  for (const one of removed) {
    if (one.kind !== 'session' || !one.alive) continue;
    const entry: AuditEntry = { action: 'session.closed', objectId: one.id, before: null, after: { reason } };
    await keepAudit(manager, actorOf(one), [entry]);
  }
}
