import type { Page, Paging } from '../page';
import type { Actor, Owner, Scope } from '../principal';
import { RecentMap } from '../flow/recent-map';
import type { AuditStore } from './audit-store';
import type { AuditEntry, AuditFilter, AuditRecord } from './audit-entry';

/** The same refusal is recorded once a minute for each key or user, so that a loop cannot fill the table. */
const DENIED_EVERY_MS = 60_000;
const MAX_REMEMBERED = 10_000;

/** The audit log: who did what to keys, secrets, endpoints, destinations, replays and sessions. */
export class Audit {
  private readonly denied = new RecentMap<string, number>(MAX_REMEMBERED);

  constructor(
    private readonly store: AuditStore,
    private readonly onFault: (error: unknown) => void,
  ) {}

  list(owner: Owner, filter: AuditFilter, paging: Paging): Promise<Page<AuditRecord>> {
    return this.store.list(owner, filter, paging);
  }

  /**
   * Records an action before it leaves this process. If the process dies in between, the log has one entry too many and
   * not one too few.
   */
  async note(actor: Actor, entry: AuditEntry): Promise<void> {
    await this.store.add(actor, entry);
  }

  /** Records that an actor asked for an operation without its scope. It does not wait until the entry is stored. */
  deny(actor: Actor, operation: string, scope: Scope): void {
    // Users of the host have no key.
    const name = JSON.stringify([actor.userId, actor.mode, actor.keyId ?? null, operation, scope]);
    const now = performance.now();
    if (now - (this.denied.get(name) ?? Number.NEGATIVE_INFINITY) < DENIED_EVERY_MS) return;
    this.denied.set(name, now);
    const entry = { action: 'access.denied', objectId: null, before: null, after: { operation, scope } } as const;
    this.store.add(actor, entry).catch(this.onFault);
  }

  /**
   * Records a refusal that a stranger can cause. It stores at most `aDay` entries for an action and user in 24 hours,
   * so that nobody can fill the table. It never throws, because the refusal is answered in any case.
   */
  async keepRefusal(actor: Actor, entry: AuditEntry, aDay: number): Promise<void> {
    await this.store.addUpTo(actor, entry, aDay).catch(this.onFault);
  }
}
