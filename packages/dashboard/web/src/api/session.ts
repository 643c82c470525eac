import { mountPath } from '../mount';
import { request, tellSessionChanged } from './call';
import { Failure } from './failure';

/** Who is signed in, and what they may do. */
export interface Session {
  /** Null where the app around decides who asks. */
  id: string | null;
  user_id: string;
  mode: 'live' | 'test';
  /** Those that it may show. */
  modes: ('live' | 'test')[];
  /** What it may do in the mode that it shows. Scopes that others include are among them. */
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  /** `session`: by a link or a key, and it can be ended here. `host`: the app around decides. */
  by: 'session' | 'host';
  expires_at: string | null;
}

export async function readSession(signal?: AbortSignal): Promise<Session> {
  return (await (await request('GET', '/session', { signal })).json()) as Session;
}

/** What a page shows depends on this alone: pages with equal names may share what they read. */
export function sessionName({ id, user_id: userId, mode, scopes }: Session): string {
  return JSON.stringify(['paggio', mountPath, id, userId, mode, [...scopes].sort()]);
}

/**
 * Makes sure that the server still answers for the session that this page shows: another page may have switched the mode,
 * or signed out.
 * @throws Failure or Error when it does not; the page then learns of the new one
 */
export async function confirmSession(name: string, signal: AbortSignal): Promise<void> {
  try {
    if (sessionName(await readSession(signal)) === name) return;
  } catch (error) {
    if (error instanceof Failure && error.status === 401) tellSessionChanged();
    throw error;
  }
  tellSessionChanged();
  throw new Error('The session of this browser is another one now');
}

/** Other pages of this browser have the same session. */
const others = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`paggio session ${mountPath}`) : null;
if (others) others.onmessage = () => tellSessionChanged();

async function change(method: string, body?: unknown): Promise<void> {
  await request(method, '/session', { body });
  others?.postMessage('changed');
}

export function signIn(key: string): Promise<void> {
  return change('POST', { key });
}

export function switchMode(mode: Session['mode']): Promise<void> {
  return change('PATCH', { mode });
}

export function signOut(): Promise<void> {
  return change('DELETE');
}
