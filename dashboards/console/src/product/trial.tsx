import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { call } from '../api/client.ts';
import type { Product } from '../api/model.ts';
import type { Backtest, BacktestItem } from '../api/trial-model.ts';
import { backtestsQuery } from '../api/trial-queries.ts';
import { useSession } from '../app/session.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { epoch, shortMomentWords } from '../words/times.ts';
import { PackField, type PackText } from './pack-field.tsx';
import css from './product.module.css';
import { Publish } from './publish.tsx';
import { TrialRun } from './trial-run.tsx';
import { TrialStart } from './trial-start.tsx';

/** What a changed pack would have done: its text, its problems, a replay of what is stored, and publishing it. */
export function Trial({ product }: { product: Product }) {
  const { role } = useSession();
  const { trial } = useSearch({ from: '/signed-in/products/$productId' });
  return (
    <section aria-labelledby="trial-heading" className={css.trial}>
      <h2 id="trial-heading">What would a change have done?</h2>
      {role === 'viewer' ? (
        <p className="muted">Agents and administrators may try a changed pack on what is stored.</p>
      ) : (
        <Attempt product={product} />
      )}
      {trial !== undefined && <TrialRun key={trial} id={trial} product={product} />}
      <Kept product={product} current={trial} />
    </section>
  );
}

function Attempt({ product }: { product: Product }) {
  const { csrfToken, role } = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [pack, setPack] = useState<PackText>({ file: 'pack.yaml', source: '' });
  /** The text that was tried last, if it is still the one in the field. */
  const [tried, setTried] = useState<string>();
  const start = useMutation({
    mutationFn: (from: number | undefined) =>
      call<Backtest>(`/products/${encodeURIComponent(product.id)}/backtests`, {
        method: 'POST',
        csrfToken,
        body: { ...pack, from },
      }),
    onSuccess: (run) => {
      setTried(pack.source);
      client.setQueryData(['backtest', run.id], run);
      void client.invalidateQueries({ queryKey: ['product', product.id, 'backtests'] });
      void navigate({ to: '.', search: { trial: run.id }, resetScroll: false });
    },
  });
  return (
    <PackField product={product} pack={pack} onChange={setPack}>
      {(check) => (
        <>
          <div className={css.actions}>
            <TrialStart pending={start.isPending} onStart={start.mutate} />
            {role === 'admin' && check.isNew && (
              <Publish product={product} pack={pack} check={check} isTried={tried === pack.source} />
            )}
          </div>
          {start.isError && <ProblemNotice what="It was not tried" error={start.error} />}
        </>
      )}
    </PackField>
  );
}

const stateWords: Readonly<Record<BacktestItem['state'], string>> = {
  queued: 'waits',
  running: 'runs',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Earlier trials: the newest are kept until the service is restarted. */
function Kept({ product, current }: { product: Product; current: string | undefined }) {
  const query = useQuery(backtestsQuery(product.id));
  const [all, setAll] = useState(false);
  const others = (query.data?.items ?? []).filter(({ id }) => id !== current);
  if (others.length === 0) return null;
  const shown = all ? others : others.slice(0, 5);
  return (
    <nav aria-label="Other trials" className={css.kept}>
      <span className="muted">Other trials:</span>
      {shown.map((item) => (
        <Link
          key={item.id}
          to="/products/$productId"
          params={{ productId: product.id }}
          search={{ trial: item.id }}
          resetScroll={false}
        >
          {shortMomentWords(epoch(item.createdAt))}, {stateWords[item.state]}
        </Link>
      ))}
      {shown.length < others.length && (
        <Button size="compact-xs" variant="subtle" onClick={() => setAll(true)}>
          {others.length - shown.length} more
        </Button>
      )}
    </nav>
  );
}
