import { Link, useNavigate } from '@tanstack/react-router';
import type { Fleet, ProductItem } from '../api/model.ts';
import { Filters, ProductSelect, SearchField } from '../parts/filters.tsx';
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
    <Filters>
      <SearchField
        label="Search devices"
        placeholder="Search: id, serial, site, customer"
        value={filter.q ?? ''}
        onChange={(q) => setFilter({ q })}
      />
      <ProductSelect products={products} chosen={filter.product} onChange={(product) => setFilter({ product })} />
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
    </Filters>
  );
}
