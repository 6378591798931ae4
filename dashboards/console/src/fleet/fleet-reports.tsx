import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fleetLedgerQuery } from '../api/queries.ts';
import { Behind } from '../ledger/behind.tsx';
import { missingWords, reportsIn } from '../ledger/missing.ts';
import { StoreRoom } from '../ledger/store-room.tsx';
import { plural } from '../words/numbers.ts';
import css from './fleet.module.css';

const lookAgainMs = 15_000;

/** Whether the fleet's states rest on every report: one line, and where it leads on. */
export function FleetReports() {
  const { data } = useQuery({ ...fleetLedgerQuery, refetchInterval: lookAgainMs });
  if (data === undefined || data.received === 0) return null;
  const met = missingWords(data).length === 0;
  const missing = reportsIn(data.gaps);
  return (
    <>
      <p className={css.reports}>
        <Link to="/fleet/reports" search={true}>
          {plural(data.received, 'report')}
        </Link>
        {met ? ': all that were accepted are stored and judged' : ''}
        {missing > 0 ? `${met ? ', ' : ': '}${plural(missing, 'report')} never arrived` : ''}.
      </p>
      <Behind ledger={data} />
      <StoreRoom trouble={data.storeTrouble} />
    </>
  );
}
