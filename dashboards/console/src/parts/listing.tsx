import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './parts.module.css';
import { ProblemNotice } from './problem-notice.tsx';

interface ListProblemProps {
  readonly what: string;
  readonly error: unknown;
  readonly onRetry: () => unknown;
  /** Whether rows that were read before stand below. */
  readonly hasRows: boolean;
}

export function ListProblem({ hasRows, ...problem }: ListProblemProps) {
  return (
    <div className={css.listProblem}>
      <ProblemNotice {...problem} />
      {hasRows && <p className="muted">What stands below is as it was before.</p>}
    </div>
  );
}

/** In the place of the rows: why there are none, and what leads on. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      <p className={css.emptyTitle}>{title}</p>
      {children}
    </div>
  );
}

interface ShowMoreProps {
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}

export function ShowMore({ query }: ShowMoreProps) {
  if (!query.hasNextPage) return null;
  return (
    <div className={css.more}>
      <Button variant="default" size="xs" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Show more
      </Button>
    </div>
  );
}
