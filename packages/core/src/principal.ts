export type Mode = 'live' | 'test';
export type Scope = 'read' | 'write' | 'ingest' | 'admin';
export const scopes: readonly Scope[] = ['read', 'write', 'ingest', 'admin'];

/** Whose objects are meant: every query is narrowed by it. */
export interface Owner {
  userId: string;
  mode: Mode;
}

/** Who asks. */
export interface Principal extends Owner {
  scopes: ReadonlySet<Scope>;
  keyId: string | null;
}
