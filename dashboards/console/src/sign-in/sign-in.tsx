import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { Session } from '../api/model.ts';
import { isProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { Standalone } from '../app/standalone.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { AccountForm, type Credentials } from './account-form.tsx';

export function SignIn({ ended }: { ended: boolean }) {
  usePageTitle('Sign in');
  const client = useQueryClient();
  const signIn = useMutation({
    mutationFn: (body: Credentials) => call<Session>('/session', { method: 'POST', body }),
    onSuccess: (session) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
  const wrong = isProblem(signIn.error) && signIn.error.status === 401;
  return (
    <Standalone>
      <h1>Sign in</h1>
      {ended && <p role="status">Your session has ended. Sign in, and you are back where you were.</p>}
      <AccountForm
        account="known"
        passwordProblem={() => (wrong ? 'Name or password is not right.' : undefined)}
        problem={signIn.isError && !wrong && <ProblemNotice what="Signing in did not work" error={signIn.error} />}
        submit="Sign in"
        pending={signIn.isPending}
        onSubmit={signIn.mutate}
      />
    </Standalone>
  );
}
