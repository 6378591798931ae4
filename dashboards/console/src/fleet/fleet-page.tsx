import { useQuery } from '@tanstack/react-query';
import { useLocation, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef } from 'react';
import { fleetQuery, productsQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { DemoBar } from '../demo/demo-offer.tsx';
import { NewBar } from '../parts/new-bar.tsx';
import page from '../parts/page.module.css';
import { countWords } from '../words/numbers.ts';
import css from './fleet.module.css';
import { FleetBody } from './fleet-body.tsx';
import { FleetFilters } from './fleet-filters.tsx';
import { FleetReports } from './fleet-reports.tsx';
import { FleetTiles } from './fleet-tiles.tsx';
import { useFleet } from './use-fleet.ts';

/** How every device is: counted, filtered, one row each. */
export function FleetPage() {
  usePageTitle('Fleet');
  const filter = useSearch({ from: '/signed-in/fleet-pages' });
  const fleet = useFleet(filter);
  const counts = useQuery(fleetQuery);
  const products = useQuery(productsQuery);
  const root = useRef<HTMLDivElement>(null);
  const step = useStep(root);
  useFocusOnReturn(root, fleet.rows.length > 0);
  useShortcuts({
    j: () => step(1),
    k: () => step(-1),
    u: () => void fleet.showNew(),
    '/': () => root.current?.querySelector<HTMLInputElement>('input[type="search"]')?.focus(),
  });
  return (
    <div className={`${page.page} ${css.page}`} ref={root}>
      <header className={css.head}>
        <h1>
          Fleet <span className="muted">{counts.data === undefined ? '' : countWords(counts.data.devices)}</span>
        </h1>
        <DemoBar />
        {counts.data !== undefined && counts.data.devices + counts.data.retired > 0 && (
          <>
            <FleetTiles filter={filter} counts={counts.data} />
            <FleetReports />
            <FleetFilters filter={filter} counts={counts.data} products={products.data?.items ?? []} />
          </>
        )}
      </header>
      <NewBar count={fleet.waiting} onShow={fleet.showNew} />
      <FleetBody filter={filter} fleet={fleet} counts={counts.data} products={products.data?.items ?? []} />
    </div>
  );
}

/** Puts the focus on the next or previous device; Enter then opens it, as it opens any link. */
function useStep(root: React.RefObject<HTMLElement | null>) {
  return useCallback(
    (by: 1 | -1) => {
      const links = [...(root.current?.querySelectorAll<HTMLElement>('[data-device]') ?? [])];
      const current = links.findIndex((link) => link.matches(':focus'));
      const next = links[Math.min(links.length - 1, Math.max(0, current + by))];
      next?.focus();
      next?.scrollIntoView({ block: 'nearest' });
    },
    [root],
  );
}

/** Who comes back from a device goes on at its row. */
function useFocusOnReturn(root: React.RefObject<HTMLElement | null>, ready: boolean): void {
  const device = useLocation({ select: (location) => location.state.device });
  const done = useRef(false);
  useEffect(() => {
    if (!ready || done.current || device === undefined) return;
    done.current = true;
    const link = root.current?.querySelector<HTMLElement>(`[data-device="${CSS.escape(device)}"]`);
    link?.focus();
    link?.scrollIntoView({ block: 'center' });
  }, [root, ready, device]);
}
