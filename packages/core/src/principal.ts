export type Mode = 'live' | 'test';
export type Scope = 'read' | 'write' | 'ingest' | 'admin';
export const scopes: readonly Scope[] = ['read', 'write', 'ingest', 'admin'];

/** Whose objects are meant: every query is narrowed by it. */
export interface Owner {
  userId: string;
  mode: Mode;
}

/** Who changes something, as the audit log keeps it. A host's own code is an actor without a key. */
export interface Actor extends Owner {
  keyId?: string | null;
  remoteAddr?: string | null;
}

/** Who asks. */
export interface Principal extends Actor {
  scopes: ReadonlySet<Scope>;
  keyId: string | null;
}
