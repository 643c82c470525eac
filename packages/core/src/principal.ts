export type Mode = 'live' | 'test';
export type Scope = 'read' | 'write' | 'ingest' | 'resign' | 'admin';
export const scopes: readonly Scope[] = ['read', 'write', 'ingest', 'resign', 'admin'];

/** Whose objects are meant: every query is narrowed by it. */
export interface Owner {
  userId: string;
  mode: Mode;
}

/** Who changes something, as the audit log keeps it. */
export interface Actor extends Owner {
  keyId?: string | null;
  remoteAddr?: string | null;
  /** Left out: the host's own code, which may do everything. */
  scopes?: ReadonlySet<Scope>;
}

/** Who asks from outside: the holder of a key, a session, or a user of the host. */
export interface Principal extends Actor {
  scopes: ReadonlySet<Scope>;
  keyId: string | null;
}

/** Scopes that include others. */
const included: Readonly<Partial<Record<Scope, readonly Scope[]>>> = { admin: ['resign'] };

/** Whether somebody has a scope, or one that includes it. Every check goes through here. */
export function hasScope({ scopes: held }: Pick<Actor, 'scopes'>, scope: Scope): boolean {
  if (held === undefined || held.has(scope)) return true;
  for (const one of held) if (included[one]?.includes(scope)) return true;
  return false;
}
