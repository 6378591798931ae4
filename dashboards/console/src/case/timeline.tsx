import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { TimelineItem } from '../api/model.ts';
import { timelinePage } from '../api/queries.ts';
import { Avatar } from '../parts/avatar.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { Prose } from '../parts/prose.tsx';
import { epoch, momentWords, shortMomentWords } from '../words/times.ts';
import css from './case.module.css';

/** Machine and people, in the order it happened: a hairline dot is the machine, an avatar is a person. */
export function Timeline({ caseId }: { caseId: string }) {
  const query = useInfiniteQuery({
    queryKey: ['case', caseId, 'timeline'],
    queryFn: ({ pageParam, signal }) => timelinePage(caseId, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section aria-labelledby="timeline-heading">
      <h2 id="timeline-heading">Timeline</h2>
      {query.isError && (
        <ProblemNotice what="The timeline could not be read" error={query.error} onRetry={query.refetch} />
      )}
      <ol className={css.timeline}>
        {items.map((item) => (
          <Entry key={item.id} item={item} />
        ))}
      </ol>
      {query.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          Show later entries
        </Button>
      )}
    </section>
  );
}

function Entry({ item }: { item: TimelineItem }) {
  const machine = item.actor === 'engine';
  const at = epoch(item.at);
  return (
    <li className={css.entry}>
      <span className={css.who}>
        {machine ? <span className={css.dot} aria-hidden="true" /> : <Avatar name={item.actor} />}
      </span>
      <div>
        <p>
          <Prose text={item.text} />
        </p>
        <p className="meta muted">
          {machine ? 'Aftercare' : item.actor} ·{' '}
          <time dateTime={item.at} title={momentWords(at)}>
            {shortMomentWords(at)}
          </time>
        </p>
      </div>
    </li>
  );
}
