import { createContext, useContext } from 'react';
import type { Session } from '../api/model.ts';

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in; for use inside the signed-in pages only. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('No session: this component stands outside the signed-in pages');
  return session;
}
