import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { call } from '../api/client.ts';
import { isProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import css from '../app/standalone.module.css';
import { Pulse } from '../parts/icons.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';

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
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <Pulse /> Aftercare
        </div>
        {used && <LinkUsed />}
        {!used && link.isError && (
          <>
            <h1>Set up</h1>
            <ProblemNotice what="The link could not be checked" error={link.error} onRetry={link.refetch} />
          </>
        )}
        {link.isSuccess && <AccountForm token={token} />}
      </div>
    </main>
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

function AccountForm({ token }: { token: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const short = password.length < passwordMin;
  const create = useMutation({
    mutationFn: () => call('/setup', { method: 'POST', body: { token, name: name.trim(), password } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      await navigate({ to: '/triage', replace: true });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!short) create.mutate();
  };
  return (
    <>
      <h1>Make your account</h1>
      <p className="muted">It is the first one and may do everything.</p>
      <form className={css.form} onSubmit={submit}>
        <TextInput
          label="Name"
          description="As colleagues see it on cases"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description={`${passwordMin} characters or more; a sentence is fine`}
          name="password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={password}
          error={tried && short ? `${passwordMin - password.length} more characters are needed.` : undefined}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {create.isError && <ProblemNotice what="The account was not made" error={create.error} />}
        <Button type="submit" loading={create.isPending}>
          Make the account and sign in
        </Button>
      </form>
    </>
  );
}
