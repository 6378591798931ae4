import { NativeSelect, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import type { ProductItem } from '../api/model.ts';
import { SearchIcon } from '../parts/icons.tsx';
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
        Triage <span className={css.count}>{count}</span>
      </Heading>
      <search className={css.filters}>
        <SearchField value={filter.q ?? ''} onChange={(q) => setFilter({ q })} />
        <NativeSelect
          aria-label="State"
          size="xs"
          value={filter.state ?? 'open'}
          onChange={(event) => setFilter({ state: event.currentTarget.value })}
          data={stateFilters.map((value) => ({ value, label: stateTitles[value] }))}
        />
        <NativeSelect
          aria-label="Product"
          size="xs"
          value={filter.product ?? ''}
          onChange={(event) => setFilter({ product: event.currentTarget.value })}
          data={productChoices(products, filter.product)}
        />
      </search>
    </div>
  );
}

/** A product of the URL that is not listed (yet) stays chosen all the same. */
function productChoices(products: readonly ProductItem[], chosen: string | undefined) {
  const choices = products.map((product) => ({ value: product.id, label: product.title }));
  if (chosen !== undefined && !products.some((product) => product.id === chosen)) {
    choices.push({ value: chosen, label: chosen });
  }
  return [{ value: '', label: 'All products' }, ...choices];
}

function useSetFilter(filter: Filter) {
  const navigate = useNavigate();
  return (change: { state?: string; product?: string; q?: string }) =>
    void navigate({ to: '.', search: parseFilter({ ...filter, ...change }), replace: true });
}

/** How long after the last key the list follows. */
const typingMs = 200;

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The URL may change under the field: by the clear button, or by going back.
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (text: string): void => {
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(text.trim()), typingMs);
  };
  return (
    <TextInput
      type="search"
      aria-label="Search cases"
      placeholder="Search: number, device, words"
      size="xs"
      className={css.search}
      leftSection={<SearchIcon />}
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
