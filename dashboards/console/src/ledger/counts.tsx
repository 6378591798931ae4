import type { LedgerCounts } from '../api/model.ts';
import { countWords } from '../words/numbers.ts';
import css from './ledger.module.css';
import { type CountWords, exceptions, outcomes, stages } from './stages.ts';

/** What became of every report: one bar of what was received, and below it each count with what it means. */
export function Counts({ ledger }: { ledger: LedgerCounts }) {
  const [accepted, ...others] = outcomes;
  const happened = ({ name }: CountWords): boolean => ledger[name] > 0;
  return (
    <div className={css.counts}>
      <Bar ledger={ledger} />
      <dl className={css.rows}>
        <Row title="Received" help="all that came, kept durably" count={ledger.received} />
        <Count row={accepted} ledger={ledger} kind="part" />
        {stages.map((row) => (
          <Count key={row.name} row={row} ledger={ledger} kind={done(ledger, row.name) ? 'done' : 'under-way'} />
        ))}
        {exceptions.filter(happened).map((row) => (
          <Count key={row.name} row={row} ledger={ledger} kind="exception" />
        ))}
        {others.filter(happened).map((row) => (
          <Count key={row.name} row={row} ledger={ledger} kind="part" />
        ))}
      </dl>
    </div>
  );
}

function done(ledger: LedgerCounts, name: keyof LedgerCounts): boolean {
  return ledger[name] >= ledger.acknowledged;
}

/** Parts of the whole, the words of which stand below it. */
function Bar({ ledger }: { ledger: LedgerCounts }) {
  if (ledger.received === 0) return null;
  return (
    <div className={css.bar} aria-hidden="true">
      {outcomes.map(
        ({ name }) => ledger[name] > 0 && <span key={name} data-part={name} style={{ flexGrow: ledger[name] }} />,
      )}
    </div>
  );
}

type Kind = 'part' | 'done' | 'under-way' | 'exception';

function Count({ row, ledger, kind }: { row: CountWords; ledger: LedgerCounts; kind: Kind }) {
  return <Row title={row.title} help={row.help} count={ledger[row.name]} part={row.name} kind={kind} />;
}

interface RowProps {
  readonly title: string;
  readonly help: string;
  readonly count: number;
  readonly part?: string;
  readonly kind?: Kind;
}

function Row({ title, help, count, part, kind }: RowProps) {
  return (
    <div data-kind={kind}>
      <dt>
        {kind === 'part' && <span className={css.key} data-part={part} aria-hidden="true" />}
        {title}
      </dt>
      <dd className={css.count}>
        {kind === 'done' && <span className={css.done}>all </span>}
        {countWords(count)}
      </dd>
      <dd className={css.help}>{help}</dd>
    </div>
  );
}
