import { useQuery } from '@tanstack/react-query';
import type { Ledger } from '../api/model.ts';
import { fleetLedgerQuery, ledgerQuery } from '../api/queries.ts';
import { useNow } from '../app/use-now.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { countWords, plural } from '../words/numbers.ts';
import { epoch, lengthWords } from '../words/times.ts';
import css from './device.module.css';
import { missingWords } from './missing.ts';

/** What became of the device's reports: whether what is said of it rests on everything it sent. */
export function DeviceLedger({ device }: { device: string }) {
  const ledger = useQuery(ledgerQuery(device));
  return (
    <section aria-labelledby="ledger-heading">
      <h2 id="ledger-heading">Its reports</h2>
      {ledger.isError && (
        <ProblemNotice what="The ledger could not be read" error={ledger.error} onRetry={ledger.refetch} />
      )}
      {ledger.data !== undefined && <Counts ledger={ledger.data} />}
    </section>
  );
}

/** Always shown, and below them those that are only worth a line when they happened. */
const always = [
  ['received', 'Received'],
  ['acknowledged', 'Accepted'],
  ['stored', 'Stored'],
  ['evaluated', 'Evaluated'],
] as const;

const exceptions = [
  ['duplicates', 'Sent twice'],
  ['quarantined', 'Quarantined'],
  ['late', 'Came late'],
  ['tooLate', 'Too late to judge'],
  ['conflicts', 'Same number, other content'],
  ['readingsRejected', 'Readings set aside'],
] as const;

function Counts({ ledger }: { ledger: Ledger }) {
  const happened = exceptions.filter(([name]) => ledger[name] > 0);
  return (
    <>
      <dl className={css.facts}>
        {[...always, ...happened].map(([name, title]) => (
          <div key={name}>
            <dt>{title}</dt>
            <dd>{countWords(ledger[name])}</dd>
          </div>
        ))}
      </dl>
      <Behind ledger={ledger} />
      <Missing gaps={ledger.gaps} />
    </>
  );
}

/** A moment behind is how it works; longer means that something is stuck. */
const stuckMs = 60_000;
const lookAgainMs = 15_000;

function Behind({ ledger }: { ledger: Ledger }) {
  const missing = missingWords(ledger);
  const fleet = useQuery({ ...fleetLedgerQuery, enabled: missing.length > 0, refetchInterval: lookAgainMs });
  const now = useNow(lookAgainMs);
  if (missing.length === 0) return null;
  const since = fleet.data?.behindSince ?? null;
  if (since === null || now - epoch(since) <= stuckMs) {
    return <p className={css.unknown}>On the way through: {missing.join('; ')}.</p>;
  }
  return (
    <p role="alert" className={css.behind}>
      The counts have not met for {lengthWords(now - epoch(since))}: {missing.join('; ')}. Nothing is lost: the log
      keeps them until it is done. Whoever runs the service should look at its diagnostics.
    </p>
  );
}

/** How many gaps are worth a line each. */
const gapsShown = 5;

function Missing({ gaps }: Pick<Ledger, 'gaps'>) {
  if (gaps.length === 0) return <p className={css.unknown}>No report is missing in between.</p>;
  const reports = gaps.reduce((sum, gap) => sum + gap.to - gap.from + 1, 0);
  const newest = gaps.slice(-gapsShown);
  return (
    <div className={css.missingReports}>
      <p>{plural(reports, 'report')} never arrived:</p>
      <ul>
        {newest.map((gap) => (
          <li key={`${gap.boot} ${gap.from}`}>
            {gap.from === gap.to ? gap.from : `${gap.from}–${gap.to}`} of boot {gap.boot}
          </li>
        ))}
      </ul>
      {gaps.length > newest.length && <p>and {plural(gaps.length - newest.length, 'gap')} before.</p>}
    </div>
  );
}
