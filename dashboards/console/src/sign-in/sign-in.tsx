import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { FormEvent } from 'react';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { Session } from '../api/model.ts';
import { isProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import css from '../app/standalone.module.css';
import { Pulse } from '../parts/icons.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';

/** Name and password; pasting and password managers work, nothing is to be remembered or copied by hand. */
export function SignIn({ ended }: { ended: boolean }) {
  usePageTitle('Sign in');
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => call<Session>('/session', { method: 'POST', body: { name: name.trim(), password } }),
    onSuccess: (session) => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
      client.setQueryData(sessionQuery.queryKey, session);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  const wrong = isProblem(signIn.error) && signIn.error.status === 401;
  return (
    <main className={css.page}>
      <div className={css.card}>
        <div className={css.brand}>
          <Pulse /> Aftercare
        </div>
        <h1>Sign in</h1>
        {ended && <p role="status">Your session has ended. Sign in, and you are back where you were.</p>}
        <form className={css.form} onSubmit={submit}>
          <TextInput
            label="Name"
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
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            error={wrong ? 'Name or password is not right.' : undefined}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {signIn.isError && !wrong && <ProblemNotice what="Signing in did not work" error={signIn.error} />}
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
