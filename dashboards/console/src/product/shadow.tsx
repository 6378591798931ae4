import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CaseItem, Finding, Product, RuleItem } from '../api/model.ts';
import { productCasesQuery, ruleFindingsQuery } from '../api/trial-queries.ts';
import page from '../parts/page.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { countWords, plural } from '../words/numbers.ts';
import { epoch, lengthWords, shortMomentWords } from '../words/times.ts';
import css from './product.module.css';
import { caseBeside } from './words.ts';

/** What the rules in shadow would have opened, beside the cases that were. */
export function Shadow({ product }: { product: Product }) {
  const rules = product.rules.filter(({ stage }) => stage === 'shadow');
  if (rules.length === 0) return null;
  return (
    <section aria-labelledby="shadow-heading">
      <h2 id="shadow-heading">What rules in shadow would have opened</h2>
      {rules.map((rule) => (
        <ShadowRule key={rule.id} rule={rule} product={product} />
      ))}
    </section>
  );
}

const shownAtFirst = 8;

function ShadowRule({ rule, product }: { rule: RuleItem; product: Product }) {
  const query = useQuery(ruleFindingsQuery(product.id, rule.id));
  const cases = useQuery(productCasesQuery(product.id));
  const [all, setAll] = useState(false);
  // One that joined a case was found while the rule was live.
  const found = (query.data?.items ?? []).filter((item) => item.state !== 'retracted' && item.case === null);
  const known = cases.data?.items ?? [];
  const beside = found.map((finding) => ({ finding, item: caseBeside(finding, rule.failureMode, known) }));
  const shown = all ? beside : beside.slice(0, shownAtFirst);
  const mode = product.failureModes.find(({ id }) => id === rule.failureMode)?.title ?? rule.failureMode;
  return (
    <div className={css.shadow}>
      <h3>{rule.title}</h3>
      {query.isError && (
        <ProblemNotice what="Its findings could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && (
        <p>{found.length === 0 ? 'Nothing so far.' : shadowWords(beside, mode, query.data.next !== null)}</p>
      )}
      <ul className={page.list}>
        {shown.map(({ finding, item }) => (
          <Entry key={finding.id} finding={finding} item={item} />
        ))}
      </ul>
      {shown.length < beside.length && (
        <Button size="xs" variant="default" onClick={() => setAll(true)}>
          Show all {countWords(beside.length)}
        </Button>
      )}
    </div>
  );
}

type Beside = { readonly finding: Finding; readonly item: CaseItem | undefined };

/** "12 times on 5 devices; 3 times there was a case of Worn start relay all the same." */
function shadowWords(beside: readonly Beside[], mode: string, isMore: boolean): string {
  const devices = new Set(beside.map(({ finding }) => finding.device)).size;
  const both = beside.filter(({ item }) => item !== undefined).length;
  const times = `${isMore ? 'The newest ' : ''}${plural(beside.length, 'time')} on ${plural(devices, 'device')}`;
  if (both === 0) return `${times}; never beside a case of “${mode}”.`;
  return `${times}; ${plural(both, 'time')} beside a case of “${mode}”.`;
}

function Entry({ finding, item }: Beside) {
  const startsAt = epoch(finding.startsAt);
  return (
    <li className={page.what}>
      <span className={page.line}>
        <Link to="/devices/$deviceId" params={{ deviceId: finding.device }} search={{}}>
          {finding.device}
        </Link>
        <span className="muted">
          <time dateTime={finding.startsAt}>{shortMomentWords(startsAt)}</time>
          {finding.endsAt === null ? ', holds' : `, for ${lengthWords(epoch(finding.endsAt) - startsAt)}`}
        </span>
        {item === undefined ? (
          <span className="muted">no case beside it</span>
        ) : (
          <Link to="/cases/$caseId" params={{ caseId: item.id }} search={{}}>
            beside case #{item.number}
          </Link>
        )}
      </span>
      <span>
        <Prose text={finding.explanation} />
      </span>
    </li>
  );
}
