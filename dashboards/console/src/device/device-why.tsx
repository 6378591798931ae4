import { Button, Skeleton, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import type { Severity } from '../api/model.ts';
import type { Why, WhyPart, WhyRule } from '../api/trial-model.ts';
import { whyQuery } from '../api/trial-queries.ts';
import { fieldTime, timeOfField } from '../maintenance/words.ts';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import parts from '../parts/parts.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { StageMark } from '../product/stage-mark.tsx';
import { plural } from '../words/numbers.ts';
import { epoch, momentWords, shortMomentWords } from '../words/times.ts';
import css from './device.module.css';
import { byState, ruleStateWords } from './why.ts';

interface DeviceWhyProps {
  readonly device: string;
  /** What was picked in a chart; epoch ms. */
  readonly at: number | undefined;
}

/** How each rule stood at a minute, and which of its parts kept it from moving on. A replay, so it is asked for. */
export function DeviceWhy({ device, at }: DeviceWhyProps) {
  const [typed, setTyped] = useState('');
  const [asked, setAsked] = useState<number>();
  useEffect(() => {
    if (at === undefined) return;
    setTyped(fieldTime(at));
    setAsked(endOfMinute(at));
  }, [at]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setAsked(endOfMinute(timeOfField(typed) ?? Date.now()));
  };
  return (
    <section aria-labelledby="why-heading" className={css.why}>
      <h2 id="why-heading">Why, and why not</h2>
      <form onSubmit={submit} className={css.whyForm}>
        <TextInput
          label="Minute (empty: now)"
          description="Or click in a chart"
          type="datetime-local"
          size="xs"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" size="xs" variant="default">
          Show how each rule stood
        </Button>
      </form>
      {asked !== undefined && <Answer device={device} at={asked} />}
    </section>
  );
}

/** A minute means all of it. */
function endOfMinute(at: number): number {
  return Math.floor(at / 60_000) * 60_000 + 59_999;
}

function Answer({ device, at }: { device: string; at: number }) {
  const query = useQuery(whyQuery(device, at));
  const late = useDelayed(query.isPending);
  return (
    <>
      {late && <Skeleton height={80} aria-hidden="true" />}
      {query.isError && <ProblemNotice what="It could not be replayed" error={query.error} onRetry={query.refetch} />}
      {query.data !== undefined && <Rules why={query.data} />}
    </>
  );
}

function Rules({ why }: { why: Why }) {
  const judgedAt = epoch(why.judgedAt);
  return (
    <>
      <p role="status">
        After its report of <time dateTime={why.judgedAt}>{momentWords(judgedAt)}</time>, under version {why.version} of
        its product: {plural(why.rules.length, 'rule')}.
      </p>
      <p className="muted">
        {plural(why.reports, 'report')} replayed from {shortMomentWords(epoch(why.replayedFrom))} on.
      </p>
      {why.notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
      <ul className={page.list}>
        {byState(why.rules).map((rule) => (
          <Rule key={rule.id} rule={rule} />
        ))}
      </ul>
    </>
  );
}

/** How far a rule has come towards a case. */
const stateSeverities: Partial<Readonly<Record<WhyRule['state'], Severity>>> = { open: 'major', waiting: 'minor' };

function Rule({ rule }: { rule: WhyRule }) {
  return (
    <li className={page.what}>
      <p className={page.line}>
        <span
          className={parts.pill}
          data-severity={stateSeverities[rule.state]}
          data-dashed={rule.state === 'unknown' ? '' : undefined}
        >
          {ruleStateWords[rule.state]}
        </span>
        <strong>{rule.title}</strong>
        {rule.stage !== 'live' && <StageMark stage={rule.stage} />}
      </p>
      <p>
        <Prose text={rule.sentence} />
      </p>
      {rule.inputs.length > 0 && (
        <details>
          <summary>{rule.asks === 'clear' ? 'What it needs to clear' : 'What it needs to open'}</summary>
          <ul>
            {rule.inputs.map((part) => (
              <Part
                key={part.text}
                part={part}
                keeps={rule.firstFailing === part.told && part.holds !== true ? keptWords[rule.asks] : undefined}
              />
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}

const keptWords = { when: 'this keeps it from opening', clear: 'this keeps it open' } as const;

function Part({ part, keeps }: { part: WhyPart; keeps: string | undefined }) {
  const word = part.holds === null ? 'Not known' : part.holds ? 'So' : 'Not so';
  return (
    <li className={css.whyPart}>
      <span className={css.whyHolds} data-holds={String(part.holds)}>
        {word}
      </span>
      <span>
        <Prose text={part.text} />
        {part.told !== part.text && (
          <span className="muted">
            {' '}
            – <Prose text={part.told} />
          </span>
        )}
        {keeps !== undefined && <strong> ({keeps})</strong>}
      </span>
    </li>
  );
}
