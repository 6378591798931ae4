import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import { isProblem } from '../api/problem.ts';
import { BackIcon } from './icons.tsx';
import css from './page.module.css';
import { ProblemNotice } from './problem-notice.tsx';

/** The way back from a page to its list. */
export const BackLink = createLink(({ children, ...link }: ComponentProps<'a'>) => (
  <a {...link} className={css.back}>
    <BackIcon /> {children as ReactNode}
  </a>
));

interface PageProblemProps {
  /** What the page is about, and what it is called while nothing else is known of it. */
  readonly what: 'case' | 'device' | 'product';
  readonly title: string;
  readonly query: { readonly data: unknown; readonly error: unknown; readonly refetch: () => unknown };
}

/** In the place of what a page is about, or above it: that it is not there, or could not be read. */
export function PageProblem({ what, title, query }: PageProblemProps) {
  const { data, error, refetch } = query;
  if (data === undefined && isProblem(error) && error.status === 404) {
    return (
      <>
        <h1>There is no such {what}</h1>
        <p className="muted">The link may be old or mistyped.</p>
      </>
    );
  }
  return (
    <>
      {data === undefined && <h1>{title}</h1>}
      <ProblemNotice what={`The ${what} could not be read`} error={error} onRetry={refetch} />
    </>
  );
}
