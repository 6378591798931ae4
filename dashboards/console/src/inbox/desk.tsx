import { useQuery } from '@tanstack/react-query';
import { Outlet, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import { productsQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { NewBar } from '../parts/new-bar.tsx';
import css from './inbox.module.css';
import { InboxBody } from './inbox-body.tsx';
import { InboxHead } from './inbox-head.tsx';
import { neighbour } from './live-list.ts';
import { useInbox } from './use-inbox.ts';

/** List left, case right; where it is narrow, the case covers the list. */
export function Desk() {
  const filter = useSearch({ from: '/signed-in/desk' });
  const open = useParams({ strict: false }).caseId;
  const inbox = useInbox(filter);
  const products = useQuery(productsQuery);
  const list = useRef<HTMLElement>(null);
  const step = useStep(
    inbox.rows.map((row) => row.id),
    open,
    list,
  );
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    u: () => void inbox.showNew(),
    '/': () => list.current?.querySelector<HTMLInputElement>('input[type="search"]')?.focus(),
  });

  const titles = new Map((products.data?.items ?? []).map((product) => [product.id, product.title]));
  return (
    <div className={css.desk} data-open={open !== undefined}>
      <section className={css.list} aria-label="Cases" ref={list}>
        <InboxHead filter={filter} inbox={inbox} products={products.data?.items ?? []} isPage={open === undefined} />
        <NewBar count={inbox.notes.waiting.length} onShow={inbox.showNew} />
        <InboxBody filter={filter} inbox={inbox} titles={titles} open={open} />
      </section>
      <div className={css.pane}>{(open !== undefined || inbox.rows.length > 0) && <Outlet />}</div>
      {open === undefined && <PageTitle />}
    </div>
  );
}

function PageTitle() {
  usePageTitle('Triage');
  return null;
}

/** Opens the row next to the open one and puts the focus on it, so that reading goes on from there. */
function useStep(ids: readonly string[], open: string | undefined, list: React.RefObject<HTMLElement | null>) {
  const navigate = useNavigate();
  // Where the last step went: a second key may come before the page has followed the first.
  const target = useRef(open);
  useEffect(() => {
    target.current = open;
  }, [open]);
  return useCallback(
    (by: 1 | -1) => {
      const caseId = neighbour(ids, target.current, by);
      if (caseId === undefined) return;
      target.current = caseId;
      const row = list.current?.querySelector<HTMLElement>(`[data-case="${CSS.escape(caseId)}"]`);
      row?.scrollIntoView({ block: 'nearest' });
      row?.focus({ preventScroll: true });
      // Stepping through a list leaves one entry in the history, not twenty.
      void navigate({ to: '/cases/$caseId', params: { caseId }, search: true, replace: open !== undefined });
    },
    [ids, open, list, navigate],
  );
}
