export type Mode = 'live' | 'test';

/**
 * What an actor may do:
 * - `read`: see endpoints, events, rejections and statistics.
 * - `write`: change endpoints and destinations, replay, cancel, send test events.
 * - `ingest`: signed ingest and publishing.
 * - `resign`: replays that are signed again or carry the sender's credentials; needs `write` too.
 * - `admin`: keys, secrets, the audit log and notifications of its own user and mode; includes `resign`.
 * - `operator`: metrics and the state of the server; with `admin` also the keys of every user. It is for the person who
 *   runs the server. A test key may hold it, but it grants something in live mode only.
 */
export type Scope = 'read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator';
export const scopes: readonly Scope[] = ['read', 'write', 'ingest', 'resign', 'admin', 'operator'];

/** The tenant. Every query is scoped to it. */
export interface Owner {
  userId: string;
  mode: Mode;
}

/** Who makes a change, as the audit log records it. */
export interface Actor extends Owner {
  keyId?: string | null;
  remoteAddr?: string | null;
  /** Without scopes, the actor is the host's own code, which may do everything. */
  scopes?: ReadonlySet<Scope>;
}

/** Who makes a request from outside: the holder of a key, a session, or a user of the host. */
export interface Principal extends Actor {
  scopes: ReadonlySet<Scope>;
  keyId: string | null;
  /** Id of the dashboard session that makes the request. `undefined` for any other request. */
  sessionId?: string;
}

/** Scopes that include others. */
const included: Readonly<Partial<Record<Scope, readonly Scope[]>>> = { admin: ['resign'] };

/** Whether an actor has a scope, or one that includes it. Every check goes through here. */
export function hasScope({ mode, scopes: held }: Pick<Actor, 'mode' | 'scopes'>, scope: Scope): boolean {
  if (held === undefined) return true;
  if (scope === 'operator' && mode !== 'live') return false;
  if (held.has(scope)) return true;
  for (const one of held) if (included[one]?.includes(scope)) return true;
  return false;
}
