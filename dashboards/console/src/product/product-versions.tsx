import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Product } from '../api/model.ts';
import type { PackVersion } from '../api/trial-model.ts';
import { versionChangesQuery, versionsQuery } from '../api/trial-queries.ts';
import page from '../parts/page.module.css';
import parts from '../parts/parts.module.css';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { epoch, shortMomentWords } from '../words/times.ts';
import { Changes } from './changes.tsx';

/** What was published when, and what each version changed. */
export function Versions({ product }: { product: Product }) {
  const query = useQuery(versionsQuery(product.id));
  return (
    <section aria-labelledby="versions-heading">
      <h2 id="versions-heading">Versions</h2>
      {query.isError && (
        <ProblemNotice what="The versions could not be read" error={query.error} onRetry={query.refetch} />
      )}
      <ul className={page.list}>
        {query.data?.items.map((item) => (
          <Entry key={item.version} item={item} product={product} />
        ))}
      </ul>
      {query.data?.next != null && <p className="muted">The newest {query.data.items.length} are listed.</p>}
    </section>
  );
}

function Entry({ item, product }: { item: PackVersion; product: Product }) {
  const [opened, setOpened] = useState(false);
  return (
    <li className={page.what}>
      <span className={page.line}>
        <strong>Version {item.version}</strong>
        {item.version === product.version && <span className={parts.pill}>In force</span>}
        <span className="muted">
          <time dateTime={item.publishedAt}>{shortMomentWords(epoch(item.publishedAt))}</time> · {item.file}
        </span>
      </span>
      {item.version === 1 ? (
        <span className="muted">The first one.</span>
      ) : (
        <details onToggle={(event) => setOpened(event.currentTarget.open)}>
          <summary>What version {item.version} changed</summary>
          {opened && <VersionChanges product={product.id} version={item.version} />}
        </details>
      )}
    </li>
  );
}

function VersionChanges({ product, version }: { product: string; version: number }) {
  const query = useQuery(versionChangesQuery(product, version));
  if (query.isError) {
    return <ProblemNotice what="The changes could not be read" error={query.error} onRetry={query.refetch} />;
  }
  if (query.data?.items.length === 0) return <p className="muted">Only comments and formatting.</p>;
  return <Changes items={query.data?.items ?? []} />;
}
