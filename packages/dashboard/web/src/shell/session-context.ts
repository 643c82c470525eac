import { createContext, useContext } from 'react';
import type { Session } from '../api/session';

export const SessionContext = createContext<Session | null>(null);

/** The session of the signed-in person. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('Nobody is signed in.');
  return session;
}

export function useMay(scope: Session['scopes'][number]): boolean {
  return useSession().scopes.includes(scope);
}
