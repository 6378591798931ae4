import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Maintenance } from '../api/model.ts';
import { maintenanceListQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useSession } from '../app/session.ts';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import css from './maintenance.module.css';
import { MaintenanceEntry } from './maintenance-entry.tsx';
import { PlanDialog } from './plan-dialog.tsx';

const sections: readonly { readonly state: Maintenance['state']; readonly title: string; readonly none: string }[] = [
  { state: 'active', title: 'Under way', none: 'No device is in maintenance.' },
  { state: 'planned', title: 'Planned', none: 'Nothing is planned.' },
  { state: 'past', title: 'Over', none: 'None yet.' },
];

/** Announced work on devices: what is under way, planned and over, and what each hid. */
export function MaintenancePage() {
  usePageTitle('Maintenance');
  const { role } = useSession();
  const [planning, setPlanning] = useState(false);
  return (
    <div className={`${page.page} ${css.page}`}>
      <div className={css.head}>
        <h1>Maintenance</h1>
        {role !== 'viewer' && <Button onClick={() => setPlanning(true)}>Plan maintenance</Button>}
      </div>
      <p className="muted">
        What is found on a device in maintenance opens no case. It is listed here, and what still holds afterwards opens
        its case then. Findings about safety and calls for help are never hidden.
      </p>
      {sections.map((section) => (
        <Section key={section.state} {...section} />
      ))}
      <PlanDialog opened={planning} onClose={() => setPlanning(false)} />
    </div>
  );
}

const listedAtFirst = 50;
const listedMax = 1_000;

function Section({ state, title, none }: (typeof sections)[number]) {
  const [limit, setLimit] = useState(listedAtFirst);
  const query = useQuery(maintenanceListQuery(state, limit));
  const late = useDelayed(query.isPending);
  const items = query.data?.items ?? [];
  return (
    <section aria-labelledby={`maintenance-${state}`}>
      <h2 id={`maintenance-${state}`}>{title}</h2>
      {late && <Skeleton height={48} aria-hidden="true" />}
      {query.isError && (
        <ProblemNotice what="Maintenance could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && items.length === 0 && <p className="muted">{none}</p>}
      <ul className={page.list}>
        {items.map((item) => (
          <MaintenanceEntry key={item.id} item={item} />
        ))}
      </ul>
      {query.data?.next != null && limit < listedMax && (
        <Button size="xs" variant="default" onClick={() => setLimit(listedMax)}>
          Show more
        </Button>
      )}
    </section>
  );
}
