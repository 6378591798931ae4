import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { CaseDetail } from '../api/model.ts';
import { isProblem } from '../api/problem.ts';
import { caseQuery } from '../api/queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';
import { replaceCase } from '../inbox/use-inbox.ts';
import type { VerdictId } from '../words/cases.ts';
import { whatChanged } from './conflict.ts';

export type CaseChange =
  | { readonly name: 'acknowledge' }
  | { readonly name: 'resolve'; readonly verdict: VerdictId; readonly note?: string };

const done = { acknowledge: 'Acknowledged; the case is yours.', resolve: 'Resolved.' } as const;

/**
 * Carries out a person's action on the version of the case that is on screen. When somebody else was quicker, nothing is
 * done; the case is read again and `conflict` says what changed. Where only the machine added to it, an acknowledgement
 * still means the same and is sent again once.
 */
export function useCaseAction(item: CaseDetail) {
  const client = useQueryClient();
  const session = useSession();
  const announce = useAnnounce();
  const [conflict, setConflict] = useState<readonly string[] | null>(null);

  const send = (change: CaseChange, version: number): Promise<CaseDetail> => {
    const { name, ...facts } = change;
    return call<CaseDetail>(`/cases/${encodeURIComponent(item.id)}/${name}`, {
      method: 'POST',
      body: { version, ...facts },
      csrfToken: session.csrfToken,
    });
  };

  const mutation = useMutation({
    mutationFn: async (change: CaseChange) => {
      try {
        return await send(change, item.version);
      } catch (error) {
        if (!isProblem(error, 'version-conflict')) throw error;
        const after = await client.fetchQuery({ ...caseQuery(item.id), staleTime: 0 });
        replaceCase(client, after);
        const changes = whatChanged(item, after);
        if (change.name === 'acknowledge' && changes.length === 0) return send(change, after.version);
        setConflict(changes.length === 0 ? ['new findings joined it'] : changes);
        throw error;
      }
    },
    onMutate: () => setConflict(null),
    onSuccess: (after, change) => {
      client.setQueryData(caseQuery(item.id).queryKey, after);
      replaceCase(client, after);
      announce(done[change.name]);
      void client.invalidateQueries({ queryKey: ['case', item.id, 'timeline'] });
    },
  });
  return { ...mutation, conflict };
}
