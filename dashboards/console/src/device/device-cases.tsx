import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { deviceCasesQuery } from '../api/queries.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { SeverityMark } from '../parts/severity-mark.tsx';
import { stateWords, verdictWords } from '../words/cases.ts';
import { epoch, momentWords, shortMomentWords } from '../words/times.ts';
import css from './device.module.css';

/** Its cases, open ones first. */
export function DeviceCases({ device }: { device: string }) {
  const query = useQuery(deviceCasesQuery(device));
  const cases = query.data?.items ?? [];
  return (
    <section aria-labelledby="cases-heading">
      <h2 id="cases-heading">Cases</h2>
      {query.isError && (
        <ProblemNotice what="Its cases could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && cases.length === 0 && <p className="muted">None so far.</p>}
      <ul className={css.list}>
        {cases.map((item) => (
          <li key={item.id}>
            <SeverityMark severity={item.severity} safety={item.safety} />
            <span className={css.what}>
              <Link to="/cases/$caseId" params={{ caseId: item.id }} search={{}} className={css.caseLink}>
                {item.title}
              </Link>
              <span className="muted">
                #{item.number} · {stateWords[item.state]}
                {item.owner !== null && ` · ${item.owner}`}
                {item.verdict !== null && ` · ${verdictWords(item.verdict)}`}
              </span>
            </span>
            <time dateTime={item.startsAt} title={`Began ${momentWords(epoch(item.startsAt))}`}>
              {shortMomentWords(epoch(item.startsAt))}
            </time>
          </li>
        ))}
      </ul>
      {query.data?.next != null && (
        <p className={css.aside}>
          <Link to="/triage" search={{ q: device, state: 'all' }}>
            All of its cases
          </Link>
        </p>
      )}
    </section>
  );
}
