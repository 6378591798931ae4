import { NativeSelect } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import type { Fleet, ProductItem } from '../api/model.ts';
import { productChoices } from '../parts/product-choices.ts';
import { SearchField } from '../parts/search-field.tsx';
import { countWords } from '../words/numbers.ts';
import { type FleetFilter, parseFleetFilter } from './filter.ts';
import css from './fleet.module.css';

interface FleetFiltersProps {
  readonly filter: FleetFilter;
  readonly counts: Fleet;
  readonly products: readonly ProductItem[];
}

export function FleetFilters({ filter, counts, products }: FleetFiltersProps) {
  const navigate = useNavigate();
  const setFilter = (change: { product?: string; q?: string }) =>
    void navigate({ to: '/fleet', search: parseFleetFilter({ ...filter, ...change }), replace: true });
  return (
    <search className={css.filters}>
      <SearchField
        label="Search devices"
        placeholder="Search: id, serial, site, customer"
        className={css.search}
        value={filter.q ?? ''}
        onChange={(q) => setFilter({ q })}
      />
      <NativeSelect
        aria-label="Product"
        size="xs"
        value={filter.product ?? ''}
        onChange={(event) => setFilter({ product: event.currentTarget.value })}
        data={productChoices(products, filter.product)}
      />
      {filter.retired === 'true' ? (
        <Link to="/fleet" search={{}} replace className={css.aside}>
          Back to the devices in use
        </Link>
      ) : (
        counts.retired > 0 && (
          <Link to="/fleet" search={{ retired: 'true' }} replace className={css.aside}>
            {countWords(counts.retired)} retired
          </Link>
        )
      )}
    </search>
  );
}
