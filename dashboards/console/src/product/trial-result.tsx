import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Product } from '../api/model.ts';
import type { BacktestResult, TrialChange } from '../api/trial-model.ts';
import page from '../parts/page.module.css';
import { Prose } from '../parts/prose.tsx';
import { countWords, numberWords, plural } from '../words/numbers.ts';
import { dayWords, epoch, shortMomentWords } from '../words/times.ts';
import css from './product.module.css';
import { changeKinds, kindWords, leadWords, outcomeSentence, shareWords } from './words.ts';

/** What a pack would have done: in a sentence, by week, against what is known, and case by case. */
export function TrialResult({ result, product }: { result: BacktestResult; product: Product }) {
  const { against, devices, reports, from, to, perWeek } = result;
  const time = (at: string): string => shortMomentWords(epoch(at));
  return (
    <>
      <p className={css.sentence}>{outcomeSentence(result)}</p>
      <p className="muted">
        {time(from)} to {time(to)}, {plural(devices, 'device')}, {plural(reports, 'report')}, beside{' '}
        {against.version === null ? 'another pack' : `version ${against.version}`}. Cases a week:{' '}
        {numberWords(perWeek.candidate)} instead of {numberWords(perWeek.against)}.
      </p>
      {result.notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
      <div className={page.columns}>
        <Outcomes result={result} />
        <Weeks result={result} />
        <Devices result={result} />
      </div>
      <CaseChanges result={result} product={product} />
    </>
  );
}

const knownWords = { verdicts: 'By what people found cases to be', planted: 'By planted faults' } as const;

function Outcomes({ result }: { result: BacktestResult }) {
  const { outcomes } = result;
  if (outcomes === null) {
    return (
      <div>
        <h3>Right or wrong</h3>
        <p className="muted">Nothing is known yet: no case of the time was resolved with what was found.</p>
      </div>
    );
  }
  const rows = [
    {
      name: 'Cases that were right',
      inForce: shareWords(outcomes.against.precision),
      tried: shareWords(outcomes.candidate.precision),
    },
    {
      name: 'Faults that had a case',
      inForce: shareWords(outcomes.against.recall),
      tried: shareWords(outcomes.candidate.recall),
    },
    {
      name: 'Warning before (median)',
      inForce: leadWords(outcomes.against.leadTime),
      tried: leadWords(outcomes.candidate.leadTime),
    },
  ];
  return <Compared caption={knownWords[outcomes.known]} first="Figure" rows={rows} />;
}

interface ComparedProps {
  readonly caption: string;
  /** What a row is. */
  readonly first: string;
  readonly rows: readonly { readonly name: string; readonly inForce: string; readonly tried: string }[];
}

function Compared({ caption, first, rows }: ComparedProps) {
  return (
    <table className={css.table}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{first}</th>
          <th scope="col">In force</th>
          <th scope="col">Tried</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, inForce, tried }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{inForce}</td>
            <td>{tried}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const weeksShown = 12;

function Weeks({ result }: { result: BacktestResult }) {
  const weeks = result.weeks.slice(-weeksShown);
  const some = weeks.length < result.weeks.length ? `, the last ${weeksShown} of ${result.weeks.length}` : '';
  const rows = weeks.map((week) => ({
    name: dayWords(epoch(week.from)),
    inForce: countWords(week.against),
    tried: countWords(week.candidate),
  }));
  return <Compared caption={`Cases by week${some}`} first="From" rows={rows} />;
}

const devicesShown = 10;

function Devices({ result }: { result: BacktestResult }) {
  const [all, setAll] = useState(false);
  const { devicesToLookAt: devices } = result;
  if (devices.length === 0) return null;
  return (
    <div>
      <h3>Devices to look at</h3>
      <ul className={page.list}>
        {(all ? devices : devices.slice(0, devicesShown)).map((item) => (
          <li key={item.device}>
            <span className={page.line}>
              <DeviceLink device={item.device} />
              <span className="muted">
                {changeKinds
                  .filter((kind) => item[kind] > 0)
                  .map((kind) => `${countWords(item[kind])} ${kind}`)
                  .join(', ')}
              </span>
            </span>
          </li>
        ))}
      </ul>
      {!all && devices.length > devicesShown && (
        <Button size="xs" variant="default" onClick={() => setAll(true)}>
          Show all {countWords(devices.length)}
        </Button>
      )}
    </div>
  );
}

const changesShown = 10;

function CaseChanges({ result, product }: { result: BacktestResult; product: Product }) {
  const [shown, setShown] = useState(changesShown);
  const { changes, changesLeftOut } = result;
  if (changes.length === 0) return null;
  return (
    <div>
      <h3>Cases that would change</h3>
      <ul className={page.list}>
        {changes.slice(0, shown).map((change) => (
          <Change key={keyOf(change)} change={change} product={product} />
        ))}
      </ul>
      {changes.length > shown && (
        <Button size="xs" variant="default" onClick={() => setShown(shown + 100)}>
          Show more of {countWords(changes.length)}
        </Button>
      )}
      {changesLeftOut > 0 && <p className="muted">{countWords(changesLeftOut)} more are not listed.</p>}
    </div>
  );
}

const keyOf = ({ device, failureMode, against, candidate }: TrialChange): string =>
  [device, failureMode, against?.openedAt, candidate?.openedAt].join(' ');

function Change({ change, product }: { change: TrialChange; product: Product }) {
  const { kind, device, failureMode, against, candidate } = change;
  const mode = product.failureModes.find(({ id }) => id === failureMode)?.title ?? failureMode;
  const opened = [against, candidate].flatMap((item) =>
    item === null ? [] : [shortMomentWords(epoch(item.openedAt))],
  );
  return (
    <li className={page.what}>
      <span className={page.line}>
        {kind !== 'same' && <strong>{kindWords[kind]}</strong>}
        <DeviceLink device={device} />
        <span>{mode}</span>
        <span className="muted">{opened.join(' → ')}</span>
      </span>
      <span>
        <Prose text={(candidate ?? against)?.explanation ?? ''} />
      </span>
    </li>
  );
}

function DeviceLink({ device }: { device: string }) {
  return (
    <Link to="/devices/$deviceId" params={{ deviceId: device }} search={{}}>
      {device}
    </Link>
  );
}
