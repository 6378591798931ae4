import { NativeSelect } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { ProductItem } from '../api/model.ts';
import { Filters, ProductSelect, SearchField } from '../parts/filters.tsx';
import { countWords } from '../words/numbers.ts';
import { type Filter, parseFilter, type StateFilter, stateFilters } from './filter.ts';
import css from './inbox.module.css';
import type { useInbox } from './use-inbox.ts';

const stateTitles: Readonly<Record<StateFilter, string>> = {
  open: 'Open',
  new: 'New',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  all: 'All states',
};

interface InboxHeadProps {
  readonly filter: Filter;
  readonly inbox: ReturnType<typeof useInbox>;
  readonly products: readonly ProductItem[];
  /** Whether the list is the page itself, with no case open. */
  readonly isPage: boolean;
}

export function InboxHead({ filter, inbox, products, isPage }: InboxHeadProps) {
  const Heading = isPage ? 'h1' : 'h2';
  const setFilter = useSetFilter(filter);
  const count =
    inbox.query.data === undefined ? '' : countWords(inbox.rows.length) + (inbox.query.hasNextPage ? '+' : '');
  return (
    <div className={css.head}>
      <Heading className={css.heading}>
        Triage <span className="muted">{count}</span>
      </Heading>
      <Filters>
        <SearchField
          label="Search cases"
          placeholder="Search: number, device, words"
          value={filter.q ?? ''}
          onChange={(q) => setFilter({ q })}
        />
        <NativeSelect
          aria-label="State"
          size="xs"
          value={filter.state ?? 'open'}
          onChange={(event) => setFilter({ state: event.currentTarget.value })}
          data={stateFilters.map((value) => ({ value, label: stateTitles[value] }))}
        />
        <ProductSelect products={products} chosen={filter.product} onChange={(product) => setFilter({ product })} />
      </Filters>
    </div>
  );
}

function useSetFilter(filter: Filter) {
  const navigate = useNavigate();
  return (change: { state?: string; product?: string; q?: string }) =>
    void navigate({ to: '.', search: parseFilter({ ...filter, ...change }), replace: true });
}
