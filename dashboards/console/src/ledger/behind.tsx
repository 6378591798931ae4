import { useQuery } from '@tanstack/react-query';
import type { LedgerCounts } from '../api/model.ts';
import { fleetLedgerQuery } from '../api/queries.ts';
import { useNow } from '../app/use-now.ts';
import { Notice } from '../parts/notice.tsx';
import { epoch, lengthWords } from '../words/times.ts';
import { missingWords } from './missing.ts';
import { stuckForMs } from './stages.ts';

const lookAgainMs = 15_000;

/** What has been accepted and is not stored or judged: calm while it is on its way, red when it is stuck. */
export function Behind({ ledger }: { ledger: LedgerCounts }) {
  const missing = missingWords(ledger);
  const fleet = useQuery({ ...fleetLedgerQuery, enabled: missing.length > 0, refetchInterval: lookAgainMs });
  const now = useNow(lookAgainMs);
  if (missing.length === 0) return null;
  const since = fleet.data?.behindSince ?? undefined;
  const stuckMs = stuckForMs(since === undefined ? undefined : epoch(since), now);
  if (stuckMs === undefined) return <p className="meta muted">On the way through: {missing.join('; ')}.</p>;
  const trouble = fleet.data?.server?.trouble ?? null;
  return (
    <Notice severity="critical" role="alert">
      <p>
        The counts have not met for {lengthWords(stuckMs)}: {missing.join('; ')}. Nothing is lost: the log keeps them
        until it is done.{' '}
        {trouble === null
          ? 'Whoever runs the service should look at its diagnostics.'
          : `The telemetry server does not answer: ${trouble}`}
      </p>
    </Notice>
  );
}
