import { request } from './call';

/** Who is signed in, and what they may do. */
export interface Session {
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

export async function signIn(key: string): Promise<void> {
  await request('POST', '/session', { body: { key } });
}

export async function switchMode(mode: Session['mode']): Promise<void> {
  await request('PATCH', '/session', { body: { mode } });
}

export async function signOut(): Promise<void> {
  await request('DELETE', '/session');
}
