import { Button, PasswordInput, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import css from '../app/standalone.module.css';

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

interface AccountFormProps {
  /** Whether the account is there or is being made: password managers offer the old or a new password. */
  readonly account: 'known' | 'new';
  readonly hints?: Readonly<Record<keyof Credentials, string>>;
  /** What is wrong with what stands in the field, if anything. */
  readonly passwordProblem: (password: string) => string | undefined;
  readonly problem: ReactNode;
  readonly submit: string;
  readonly pending: boolean;
  readonly onSubmit: (credentials: Credentials) => void;
}

/** Name and password; pasting and password managers work, nothing is to be remembered or copied by hand. */
export function AccountForm(props: AccountFormProps) {
  const { account, hints, passwordProblem, problem, submit, pending, onSubmit } = props;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const onForm = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit({ name: name.trim(), password });
  };
  return (
    <form className={css.form} onSubmit={onForm}>
      <TextInput
        label="Name"
        description={hints?.name}
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
        description={hints?.password}
        name="password"
        autoComplete={account === 'new' ? 'new-password' : 'current-password'}
        required
        withAsterisk={false}
        value={password}
        error={passwordProblem(password)}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      {problem}
      <Button type="submit" loading={pending}>
        {submit}
      </Button>
    </form>
  );
}
