import { useQuery } from '@tanstack/react-query';
import { ledgerQuery } from '../api/queries.ts';
import { Behind } from '../ledger/behind.tsx';
import { Counts } from '../ledger/counts.tsx';
import { Gaps } from '../ledger/gaps.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';

/** What became of the device's reports: whether what is said of it rests on everything it sent. */
export function DeviceLedger({ device }: { device: string }) {
  const { isError, error, refetch, data } = useQuery(ledgerQuery(device));
  return (
    <section aria-labelledby="ledger-heading">
      <h2 id="ledger-heading">Its reports</h2>
      {isError && <ProblemNotice what="The ledger could not be read" error={error} onRetry={refetch} />}
      {data?.received === 0 && <p className="muted">None has come yet.</p>}
      {data !== undefined && data.received > 0 && (
        <>
          <Behind ledger={data} />
          <Counts ledger={data} />
          <Gaps gaps={data.gaps} of="device" />
        </>
      )}
    </section>
  );
}
