import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { FleetLedger, ServerLag } from '../api/model.ts';
import { fleetLedgerQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { BackLink } from '../parts/page.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { plural } from '../words/numbers.ts';
import { lengthWords } from '../words/times.ts';
import { Behind } from './behind.tsx';
import { Counts } from './counts.tsx';
import { Gaps } from './gaps.tsx';
import css from './ledger.module.css';

const lookAgainMs = 5_000;

/** What became of every report of the fleet, and which never arrived. */
export function LedgerPage() {
  usePageTitle('Reports');
  const query = useQuery({ ...fleetLedgerQuery, refetchInterval: lookAgainMs });
  const late = useDelayed(query.isPending);
  const navigate = useNavigate();
  useShortcuts({ escape: () => void navigate({ to: '/fleet', search: true }) });
  return (
    <div className={page.page}>
      <BackLink to="/fleet" search={true}>
        Fleet
      </BackLink>
      <h1>Reports of the fleet</h1>
      {late && <Skeleton height={240} aria-hidden="true" />}
      {query.isError && (
        <ProblemNotice what="The ledger could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && <Loaded ledger={query.data} />}
    </div>
  );
}

function Loaded({ ledger }: { ledger: FleetLedger }) {
  if (ledger.received === 0) return <p className="muted">No report has come yet.</p>;
  return (
    <>
      <Behind ledger={ledger} />
      <div className={page.columns}>
        <section aria-labelledby="became-heading">
          <h2 id="became-heading">What became of them</h2>
          <Counts ledger={ledger} />
          {ledger.server !== null && <Server server={ledger.server} />}
        </section>
        <section aria-labelledby="gaps-heading">
          <h2 id="gaps-heading">What is missing</h2>
          <Gaps gaps={ledger.gaps} of="fleet" />
        </section>
      </div>
    </>
  );
}

function Server({ server }: { server: ServerLag }) {
  const { lagRecords, estimateMs, trouble } = server;
  if (lagRecords === 0) return <p className={`meta muted ${css.note}`}>The telemetry server has everything.</p>;
  const left = estimateMs === null ? '' : `, about ${lengthWords(estimateMs)} to go`;
  return (
    <p className={`meta muted ${css.note}`}>
      The telemetry server lacks {plural(lagRecords, 'record')}
      {left}
      {trouble === null ? '.' : `; it does not answer: ${trouble}.`}
    </p>
  );
}
