import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Finding, Page } from '../api/model.ts';
import type { DevicePreset } from '../chart/range.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { countWords } from '../words/numbers.ts';
import { epoch, lengthWords, momentWords, shortMomentWords } from '../words/times.ts';
import css from './device.module.css';
import { newestFirst, sourceWords } from './findings.ts';

interface DeviceFindingsProps {
  readonly query: UseQueryResult<Page<Finding>>;
  readonly preset: DevicePreset;
}

const shownAtFirst = 8;

const rangeWords: Readonly<Record<DevicePreset, string>> = {
  day: 'in these 24 h',
  week: 'in these 7 days',
  all: 'so far',
};

/** What rules and detectors found in the range that is drawn; what holds now stands first. */
export function DeviceFindings({ query, preset }: DeviceFindingsProps) {
  const [all, setAll] = useState(false);
  const findings = newestFirst(query.data?.items ?? []);
  const shown = all ? findings : findings.slice(0, shownAtFirst);
  return (
    <section aria-labelledby="findings-heading">
      <h2 id="findings-heading">Findings {rangeWords[preset]}</h2>
      {query.isError && (
        <ProblemNotice what="The findings could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && findings.length === 0 && <p className="muted">None {rangeWords[preset]}.</p>}
      <ul className={css.list}>
        {shown.map((finding) => (
          <Entry key={finding.id} finding={finding} />
        ))}
      </ul>
      {shown.length < findings.length && (
        <Button size="xs" variant="default" className={css.more ?? ''} onClick={() => setAll(true)}>
          Show all {countWords(findings.length)}
        </Button>
      )}
      {query.data?.next != null && (
        <p className={css.aside}>
          These are the first {countWords(findings.length)} of the range; a shorter range shows the rest.
        </p>
      )}
    </section>
  );
}

function Entry({ finding }: { finding: Finding }) {
  const startsAt = epoch(finding.startsAt);
  return (
    <li className={finding.state === 'raised' ? undefined : css.over}>
      <SeverityMark severity={finding.severity} safety={false} />
      <span className={css.what}>
        <span>
          <Prose text={finding.explanation} />
        </span>
        <span className="muted">
          {sourceWords(finding)}
          {finding.case !== null && (
            <>
              {' · '}
              <Link to="/cases/$caseId" params={{ caseId: finding.case }} search={{}}>
                its case
              </Link>
            </>
          )}
          {finding.hiddenBy.length > 0 && (
            <>
              {finding.case === null ? ' · hidden by ' : ' · was hidden by '}
              <Link to="/maintenance">maintenance</Link>
            </>
          )}
        </span>
      </span>
      <span className="meta muted">
        <time dateTime={finding.startsAt} title={`Began ${momentWords(startsAt)}`}>
          {shortMomentWords(startsAt)}
        </time>
        <br />
        {finding.state === 'raised' && 'holds'}
        {finding.state === 'retracted' && 'taken back'}
        {finding.state === 'cleared' &&
          finding.endsAt !== null &&
          `for ${lengthWords(epoch(finding.endsAt) - startsAt)}`}
      </span>
    </li>
  );
}
