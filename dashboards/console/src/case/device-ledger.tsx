import { useQuery } from '@tanstack/react-query';
import type { Ledger } from '../api/model.ts';
import { ledgerQuery } from '../api/queries.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { countWords, plural } from '../words/numbers.ts';
import css from './case.module.css';

/** What became of the device's reports: whether this case rests on everything it sent. */
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
  const behind = ledger.acknowledged - Math.min(ledger.stored, ledger.evaluated);
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
      {behind > 0 && <p className={css.unknown}>{plural(behind, 'report')} still on the way through.</p>}
      <Missing gaps={ledger.gaps} />
    </>
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
