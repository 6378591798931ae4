import { type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import { call } from '../api/client.ts';
import { sessionQuery } from '../api/queries.ts';
import { Avatar } from '../parts/avatar.tsx';
import { CheckIcon } from '../parts/icons.tsx';
import { useAnnounce } from './announce.tsx';
import { useSession } from './session.ts';
import css from './shell.module.css';

const schemes: readonly { readonly id: MantineColorScheme; readonly title: string }[] = [
  { id: 'auto', title: "The system's theme" },
  { id: 'light', title: 'Light' },
  { id: 'dark', title: 'Dark' },
];

const schemeOf = (id: string): MantineColorScheme => schemes.find((scheme) => scheme.id === id)?.id ?? 'auto';

const roleWords = { admin: 'Admin', agent: 'Agent', viewer: 'Viewer, reads only' } as const;

export function AccountMenu() {
  const session = useSession();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const [opened, setOpened] = useState(false);
  // Mantine would close it before the page sees the key, which then means: back to the list.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!opened || event.key !== 'Escape') return;
    event.preventDefault();
    setOpened(false);
  };
  return (
    <Menu
      opened={opened}
      onChange={setOpened}
      closeOnEscape={false}
      position="right-end"
      width={220}
      withinPortal
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <button type="button" className={css.entry} onKeyDown={onKeyDown}>
          <Avatar name={session.name} />
          <span className={css.accountName}>
            <span className="visually-hidden">Account: </span>
            {session.name}
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown onKeyDown={onKeyDown}>
        <Menu.Label>
          {session.name} · {roleWords[session.role]}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(chosen) => setColorScheme(schemeOf(chosen))}>
          {schemes.map(({ id, title }) => (
            <Menu.RadioItem key={id} value={id} checkIcon={<CheckIcon />}>
              {title}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={() => signOut.mutate()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function useSignOut() {
  const session = useSession();
  const client = useQueryClient();
  const announce = useAnnounce();
  return useMutation({
    mutationFn: () => call('/session', { method: 'DELETE', csrfToken: session.csrfToken }),
    onSuccess: () => {
      client.clear();
      location.assign('/triage');
    },
    onError: async () => {
      announce('Signing out did not work.');
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
}
