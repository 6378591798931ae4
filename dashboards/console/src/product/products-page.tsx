import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Product } from '../api/model.ts';
import { productsQuery } from '../api/queries.ts';
import { usePageTitle } from '../app/page-title.ts';
import { useDelayed } from '../parts/delayed.ts';
import page from '../parts/page.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { countWords, plural } from '../words/numbers.ts';
import css from './product.module.css';
import { stages } from './words.ts';

/** What the devices are, and what is watched on each. */
export function ProductsPage() {
  usePageTitle('Products');
  const query = useQuery(productsQuery);
  const late = useDelayed(query.isPending);
  const items = query.data?.items ?? [];
  return (
    <div className={`${page.page} ${css.page}`}>
      <h1>Products</h1>
      {late && <Skeleton height={64} aria-hidden="true" />}
      {query.isError && (
        <ProblemNotice what="The products could not be read" error={query.error} onRetry={query.refetch} />
      )}
      {query.data !== undefined && items.length === 0 && (
        <p className="muted">
          None is published. Put a pack into the products folder, or publish one with <code>aftercare import</code>.
        </p>
      )}
      <ul className={page.list}>
        {items.map((item) => (
          <Entry key={item.id} item={item} />
        ))}
      </ul>
    </div>
  );
}

function Entry({ item }: { item: Product }) {
  return (
    <li className={page.what}>
      <Link to="/products/$productId" params={{ productId: item.id }} search={{}} className={css.name}>
        {item.title}
      </Link>
      <span className="muted">
        {item.id} · version {item.version} · {plural(item.signals.length, 'signal')} ·{' '}
        {plural(item.failureModes.length, 'failure mode')} · {rulesWords(item)}
      </span>
    </li>
  );
}

/** "9 rules live, 1 shadow". */
function rulesWords({ rules }: Product): string {
  if (rules.length === 0) return 'no rules';
  const counts = stages.map((stage) => ({ stage, count: rules.filter((rule) => rule.stage === stage).length }));
  const told = counts.filter(({ count }) => count > 0).map(({ stage, count }) => `${countWords(count)} ${stage}`);
  return `${rules.length === 1 ? 'rule' : 'rules'}: ${told.join(', ')}`;
}
