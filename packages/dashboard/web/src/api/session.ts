import { mountPath } from '../mount';
import { request, announceSessionChange } from './call';
import { Failure } from './failure';

/** Who is signed in, and what they may do. */
export interface Session {
  /** Null if the host app identifies its users itself. */
  id: string | null;
  user_id: string;
  mode: 'live' | 'test';
  /** The modes that the person may switch to. */
  modes: ('live' | 'test')[];
  /** The permissions in the current mode, including the scopes that other scopes imply. */
  scopes: ('read' | 'write' | 'ingest' | 'resign' | 'admin' | 'operator')[];
  /** `session` means signed in by a link or a key, which can be ended here. `host` means that the host app decides. */
  by: 'session' | 'host';
  expires_at: string | null;
}

export async function readSession(signal?: AbortSignal): Promise<Session> {
  return (await (await request('GET', '/session', { signal })).json()) as Session;
}

/** Names everything that the data on a page depends on. Pages with equal names may share their data. */
export function sessionName({ id, user_id: userId, mode, scopes }: Session): string {
  return JSON.stringify(['paggio', mountPath, id, userId, mode, [...scopes].sort()]);
}

/**
 * Checks that this page still shows the browser's session. Another page may have switched the mode or signed out.
 * @throws Failure or Error when it is not; the page is then informed of the change
 */
export async function confirmSession(name: string, signal: AbortSignal): Promise<void> {
  try {
    if (sessionName(await readSession(signal)) === name) return;
  } catch (error) {
    if (error instanceof Failure && error.status === 401) announceSessionChange();
    throw error;
  }
  announceSessionChange();
  throw new Error("This browser's session has changed");
}

/** Tells the other pages of this browser, which have the same session, about changes. */
const others = 'BroadcastChannel' in globalThis ? new BroadcastChannel(`paggio session ${mountPath}`) : null;
if (others) others.onmessage = () => announceSessionChange();

async function changeSession(method: string, body?: unknown): Promise<void> {
  await request(method, '/session', { body });
  others?.postMessage('changed');
}

export function signIn(key: string): Promise<void> {
  return changeSession('POST', { key });
}

export function switchMode(mode: Session['mode']): Promise<void> {
  return changeSession('PATCH', { mode });
}

export function signOut(): Promise<void> {
  return changeSession('DELETE');
}
