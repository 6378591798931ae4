import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { useRef } from 'react';
import { heartbeatMs, sessionQuery } from '../api/queries.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { SignIn } from '../sign-in/sign-in.tsx';
import { AnnounceProvider } from './announce.tsx';
import { LiveProvider } from './live.tsx';
import { SessionContext } from './session.ts';
import { Shell } from './shell.tsx';
import { Standalone } from './standalone.tsx';

/** The signed-in pages, or the sign-in in their place: the address stays, so that one comes back to where one was. */
export function SignedIn() {
  const session = useQuery({ ...sessionQuery, refetchInterval: heartbeatMs, refetchIntervalInBackground: true });
  const hadSession = useRef(false);
  if (session.data) {
    hadSession.current = true;
    return (
      <SessionContext value={session.data}>
        <AnnounceProvider>
          <LiveProvider beat={session}>
            <Shell>
              <Outlet />
            </Shell>
          </LiveProvider>
        </AnnounceProvider>
      </SessionContext>
    );
  }
  if (session.isPending) return null;
  if (session.isError) {
    return (
      <Standalone>
        <h1>The console could not start</h1>
        <ProblemNotice what="The session could not be read" error={session.error} onRetry={session.refetch} />
      </Standalone>
    );
  }
  return <SignIn ended={hadSession.current} />;
}
