import { Skeleton } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import type { CaseDetail } from '../api/model.ts';
import { caseQuery, deviceQuery, productQuery } from '../api/queries.ts';
import { useLiveDevice, useLiveEvents } from '../app/live.tsx';
import { usePageTitle } from '../app/page-title.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { useTitleFocus } from '../app/title-focus.ts';
import { ChartSection } from '../chart/chart-section.tsx';
import { DeviceFacts } from '../device/device-facts.tsx';
import { DeviceLedger } from '../device/device-ledger.tsx';
import { MaintenanceNotice } from '../maintenance/maintenance-notice.tsx';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { BackLink, PageProblem } from '../parts/page.tsx';
import css from './case.module.css';
import { CaseHeader } from './case-header.tsx';
import { Playbook } from './playbook.tsx';
import { Timeline } from './timeline.tsx';

export function CasePage() {
  const { caseId } = useParams({ from: '/signed-in/desk/cases/$caseId' });
  // Another case is another page: no dialog, range or crosshair is carried over.
  return <CaseView key={caseId} caseId={caseId} />;
}

function CaseView({ caseId }: { caseId: string }) {
  const query = useQuery(caseQuery(caseId));
  const late = useDelayed(query.isPending);
  const navigate = useNavigate();
  useShortcuts({
    escape: () => {
      document.querySelector<HTMLElement>(`[data-case="${CSS.escape(caseId)}"]`)?.focus();
      void navigate({ to: '/triage', search: true });
    },
  });
  return (
    <div className={css.page}>
      <div className={css.back}>
        <BackLink to="/triage" search={true}>
          Triage
        </BackLink>
      </div>
      {late && <Placeholder />}
      {query.isError && <PageProblem what="case" title="Case" query={query} />}
      {query.data !== undefined && <Loaded item={query.data} />}
    </div>
  );
}

function Loaded({ item }: { item: CaseDetail }) {
  usePageTitle(`#${item.number} ${item.title}`);
  useCurrent(item);
  // Where the case covers the list.
  useTitleFocus('case-title');
  const device = useQuery(deviceQuery(item.device));
  const product = useQuery(productQuery(item.product));
  return (
    <article aria-labelledby="case-title" className={css.case}>
      <CaseHeader item={item} device={device.data} product={product.data} />
      <MaintenanceNotice device={item.device} />
      <ChartSection item={item} device={device} product={product} />
      <div className={page.columns}>
        <DeviceFacts device={device} productTitle={product.data?.title} heading="Device" linked />
        <DeviceLedger device={item.device} />
      </div>
      <Playbook product={product.data} failureMode={item.failureMode} />
      <Timeline caseId={item.id} />
    </article>
  );
}

/** At most this often are a busy device's facts and charts read again. */
const refreshMs = 5_000;

/** Reads again what live events say has changed. */
function useCurrent(item: CaseDetail): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const refreshDevice = (): void => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: ['device', item.device] });
    }, refreshMs);
  };
  useLiveDevice(item.device);
  useLiveEvents((event) => {
    const ours = event.kind === 'case' && event.item.id === item.id && event.item.version > item.version;
    if (ours || event.kind === 'resumed') void client.invalidateQueries({ queryKey: ['case', item.id] });
    if (event.kind === 'resumed' || (event.kind === 'device' && event.id === item.device)) refreshDevice();
  });
}

function Placeholder() {
  return (
    <div className={css.case} aria-hidden="true">
      <Skeleton height={16} width="30%" />
      <Skeleton height={24} width="55%" />
      <Skeleton height={16} width="90%" />
      <Skeleton height={220} />
    </div>
  );
}
