import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { call } from '../api/client.ts';
import type { Product } from '../api/model.ts';
import type { Backtest } from '../api/trial-model.ts';
import { backtestQuery, isUnderWay } from '../api/trial-queries.ts';
import { useAnnounce } from '../app/announce.tsx';
import { useSession } from '../app/session.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { countWords } from '../words/numbers.ts';
import { epoch, shortMomentWords } from '../words/times.ts';
import css from './product.module.css';
import { TrialResult } from './trial-result.tsx';
import { outcomeSentence } from './words.ts';

/** One trial: how far it is, then what came of it. */
export function TrialRun({ id, product }: { id: string; product: Product }) {
  const query = useQuery(backtestQuery(id));
  const run = query.data;
  useSaidWhenOver(run);
  return (
    <section aria-label="Trial" className={css.run}>
      {query.isError && (
        <ProblemNotice what="The trial could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {run !== undefined && <p className="muted">Trial of {shortMomentWords(epoch(run.createdAt))}</p>}
      {run !== undefined && isUnderWay(run.state) && <Progress run={run} />}
      {run?.state === 'cancelled' && <p>It was cancelled.</p>}
      {run?.state === 'failed' && <p>It failed: {run.problem}.</p>}
      {run?.result != null && <TrialResult result={run.result} product={product} />}
    </section>
  );
}

function Progress({ run }: { run: Backtest }) {
  const { role, csrfToken } = useSession();
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => call<Backtest>(`/backtests/${encodeURIComponent(run.id)}`, { method: 'DELETE', csrfToken }),
    onSuccess: (after) => client.setQueryData(['backtest', run.id], after),
  });
  const { reports, total, share } = run.progress;
  return (
    <div className={css.progress}>
      <progress aria-label="Trial" value={share} max={1} />
      <span className="muted">
        {run.state === 'queued' ? 'Waits for another trial' : `${countWords(reports)} of ${countWords(total)} reports`}
      </span>
      {role !== 'viewer' && (
        <Button size="xs" variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
          Cancel
        </Button>
      )}
      {cancel.isError && <ProblemNotice what="It was not cancelled" error={cancel.error} />}
    </div>
  );
}

/** Says the end of a trial that was seen under way. */
function useSaidWhenOver(run: Backtest | undefined): void {
  const announce = useAnnounce();
  const client = useQueryClient();
  const wasUnderWay = useRef(false);
  useEffect(() => {
    if (run === undefined) return;
    if (isUnderWay(run.state)) {
      wasUnderWay.current = true;
    } else if (wasUnderWay.current) {
      wasUnderWay.current = false;
      announce(
        run.result === null
          ? `The trial ${run.state === 'failed' ? 'failed' : 'was cancelled'}.`
          : outcomeSentence(run.result),
      );
      void client.invalidateQueries({ queryKey: ['product', run.product, 'backtests'] });
    }
  }, [run, announce, client]);
}
