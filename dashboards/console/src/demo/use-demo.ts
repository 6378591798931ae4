import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { Demo } from '../api/model.ts';
import { demoQuery } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';

/** The demo and how to start and stop it; `demo` is undefined where there is none, or for those who may not. */
export function useDemo() {
  const session = useSession();
  const client = useQueryClient();
  const announce = useAnnounce();
  const admin = session.role === 'admin';
  const demo = useQuery({ ...demoQuery, enabled: admin });
  const change = useMutation({
    mutationFn: (method: 'POST' | 'DELETE') => call<Demo>('/demo', { method, csrfToken: session.csrfToken }),
    onSuccess: async (state) => {
      client.setQueryData(demoQuery.queryKey, state);
      announce(state.running ? 'The demo runs.' : 'The demo has stopped.');
      await Promise.all([
        client.invalidateQueries({ queryKey: ['fleet'] }),
        client.invalidateQueries({ queryKey: ['devices'] }),
      ]);
    },
  });
  return { demo: admin ? (demo.data ?? undefined) : undefined, change };
}
