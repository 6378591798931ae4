import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client.ts';
import { isProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { Standalone } from '../app/standalone.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { AccountForm, type Credentials } from './account-form.tsx';

/** The shortest password that the service takes, in characters. */
const passwordMin = 12;

/** The first account, made by the one-time link that the service gives at its first start. */
export function Setup() {
  usePageTitle('Set up');
  // The token stands behind the # so that it is in no log of a server or proxy.
  const [token] = useState(() => location.hash.slice(1));
  const link = useQuery({
    queryKey: ['setup', token],
    queryFn: ({ signal }) => call<{ open: boolean }>('/setup', { query: { token }, signal }),
    enabled: token !== '',
    staleTime: Number.POSITIVE_INFINITY,
  });
  const used = token === '' || (isProblem(link.error) && link.error.status === 404);
  return (
    <Standalone>
      {used && <LinkUsed />}
      {!used && link.isError && (
        <>
          <h1>Set up</h1>
          <ProblemNotice what="The link could not be checked" error={link.error} onRetry={link.refetch} />
        </>
      )}
      {link.isSuccess && <FirstAccount token={token} />}
    </Standalone>
  );
}

function LinkUsed() {
  return (
    <>
      <h1>This link does not work any more</h1>
      <p>It works once and for a limited time. If your account exists already, sign in with it.</p>
      <p>
        <Link to="/triage">Go to the sign-in</Link>
      </p>
    </>
  );
}

function FirstAccount({ token }: { token: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: (account: Credentials) => call('/setup', { method: 'POST', body: { token, ...account } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      await navigate({ to: '/triage', replace: true });
    },
  });
  const onSubmit = (account: Credentials): void => {
    setTried(true);
    if (account.password.length >= passwordMin) create.mutate(account);
  };
  return (
    <>
      <h1>Make your account</h1>
      <p className="muted">It is the first one and may do everything.</p>
      <AccountForm
        account="new"
        hints={{
          name: 'As colleagues see it on cases',
          password: `${passwordMin} characters or more; a sentence is fine`,
        }}
        passwordProblem={(password) => (tried ? lackingWords(password) : undefined)}
        problem={create.isError && <ProblemNotice what="The account was not made" error={create.error} />}
        submit="Make the account and sign in"
        pending={create.isPending}
        onSubmit={onSubmit}
      />
    </>
  );
}

function lackingWords(password: string): string | undefined {
  const lacking = passwordMin - password.length;
  if (lacking <= 0) return undefined;
  return lacking === 1 ? 'One more character is needed.' : `${lacking} more characters are needed.`;
}
