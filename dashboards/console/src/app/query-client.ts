import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { isProblem } from '../api/problem.ts';
import { sessionQuery } from '../api/queries.ts';

/** A call that was answered is not asked again; one that was not, or failed inside the service, twice. */
function retry(failures: number, error: unknown): boolean {
  return failures < 2 && isProblem(error) && (error.status === 0 || error.status >= 500);
}

/** A session that ended shows wherever the next call happens; the sign-in then stands in for the page. */
function onError(error: unknown): void {
  if (isProblem(error) && error.status === 401) {
    // A wrong password is a 401 as well: nobody was signed in then, and nothing changes.
    queryClient.setQueryData(sessionQuery.queryKey, null);
  }
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    // Offline calls fail and say so instead of waiting in silence.
    queries: { retry, retryDelay: (failures) => 500 * 2 ** failures, staleTime: 10_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});
