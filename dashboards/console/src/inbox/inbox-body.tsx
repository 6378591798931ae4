import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fleetQuery } from '../api/queries.ts';
import { useNow } from '../app/use-now.ts';
import { DemoBar, DemoOffer } from '../demo/demo-offer.tsx';
import { useDelayed } from '../parts/delayed.ts';
import { Empty, ListProblem, ShowMore } from '../parts/listing.tsx';
import { stateWords } from '../words/cases.ts';
import { CaseRow } from './case-row.tsx';
import { type Filter, isFiltered } from './filter.ts';
import css from './inbox.module.css';
import type { useInbox } from './use-inbox.ts';

interface InboxBodyProps {
  readonly filter: Filter;
  readonly inbox: ReturnType<typeof useInbox>;
  /** Product titles by id. */
  readonly titles: ReadonlyMap<string, string>;
  /** Id of the case that is open. */
  readonly open: string | undefined;
}

export function InboxBody({ filter, inbox, titles, open }: InboxBodyProps) {
  const { query, rows, notes } = inbox;
  const now = useNow();
  const late = useDelayed(query.isPending);
  return (
    <div className={css.scroll} aria-busy={query.isFetching}>
      {query.isError && (
        <ListProblem
          what="The cases could not be read"
          error={query.error}
          onRetry={inbox.showNew}
          hasRows={rows.length > 0}
        />
      )}
      {late && <Placeholder />}
      {query.data !== undefined && rows.length === 0 && !query.isError && <NoCase filter={filter} />}
      <ol className={css.rows}>
        {rows.map((item) => (
          <CaseRow
            key={item.id}
            item={item}
            productTitle={titles.get(item.product) ?? item.product}
            open={item.id === open}
            changed={notes.changed.get(item.id)?.cells}
            now={now}
          />
        ))}
      </ol>
      <ShowMore query={query} />
    </div>
  );
}

const placeholderRows = ['62%', '48%', '70%', '55%', '66%', '44%'];

function Placeholder() {
  return (
    <div aria-hidden="true">
      {placeholderRows.map((width) => (
        <div key={width} className={css.placeholder}>
          <Skeleton height={12} width={width} />
          <Skeleton height={10} width="85%" />
        </div>
      ))}
    </div>
  );
}

function NoCase({ filter }: { filter: Filter }) {
  if (!isFiltered(filter)) return <NothingWaits />;
  return (
    <Empty title={`No case matches ${filterWords(filter)}.`}>
      <Link to="." search={{}} replace>
        Clear the filter
      </Link>
    </Empty>
  );
}

function NothingWaits() {
  const counts = useQuery(fleetQuery);
  const noDevice = counts.data?.devices === 0 && counts.data.retired === 0;
  return (
    <Empty title="Nothing waits.">
      <p className="muted">
        A case opens here by itself when a device's reports break a rule or leave their normal range.
      </p>
      {noDevice && (
        <div className={css.firstSteps}>
          <p>
            There is no device yet. <Link to="/fleet">How to register one</Link>
          </p>
          <DemoOffer />
        </div>
      )}
      <DemoBar />
    </Empty>
  );
}

function filterWords(filter: Filter): string {
  const parts = [
    filter.q === undefined ? '' : `“${filter.q}”`,
    filter.state === undefined || filter.state === 'all' ? '' : stateWords[filter.state].toLowerCase(),
    filter.product ?? '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'this filter' : parts.join(' · ');
}
