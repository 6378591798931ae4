import { Button } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { isProblem } from '../api/problem.ts';
import { Notice } from './notice.tsx';
import css from './parts.module.css';

interface ProblemNoticeProps {
  /** What did not work, in the reader's words: "The inbox could not be read". */
  readonly what: string;
  readonly error: unknown;
  readonly onRetry?: () => unknown;
}

/** What failed, what it means, what to do, and an id to copy for whoever looks into it. */
export function ProblemNotice({ what, error, onRetry }: ProblemNoticeProps) {
  const clipboard = useClipboard({ timeout: 2000 });
  const problem = isProblem(error) ? error : null;
  const message = problem?.message ?? (error instanceof Error ? error.message : String(error));
  const id = problem?.id ?? null;
  return (
    <Notice severity="critical" role="alert">
      <p>
        <strong>{what}.</strong> {problem !== null && problem.title !== message && `${problem.title}. `}
        {message}
      </p>
      {problem?.hint && <p>{problem.hint}</p>}
      {(onRetry !== undefined || id !== null) && (
        <p className={css.noticeActions}>
          {onRetry !== undefined && (
            <Button size="compact-sm" variant="default" onClick={() => void onRetry()}>
              Try again
            </Button>
          )}
          {id !== null && (
            <Button size="compact-sm" variant="subtle" onClick={() => clipboard.copy(id)}>
              {clipboard.copied ? 'Copied' : `Copy id ${id}`}
            </Button>
          )}
        </p>
      )}
    </Notice>
  );
}
