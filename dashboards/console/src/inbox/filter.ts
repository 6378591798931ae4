import type { CaseItem } from '../api/model.ts';
import { textOf } from '../app/url-text.ts';

export const stateFilters = ['open', 'new', 'acknowledged', 'resolved', 'all'] as const;
export type StateFilter = (typeof stateFilters)[number];

/** What of the inbox is shown; it lives in the URL. Absent means: open cases, every product, any text. */
export interface Filter {
  readonly state?: Exclude<StateFilter, 'open'>;
  readonly product?: string;
  readonly q?: string;
}

/** Reads the URL's parameters; what it does not know it leaves out, so that an old link still opens. */
export function parseFilter(search: Readonly<Record<string, unknown>>): Filter {
  const state = stateFilters.find((known) => known === search.state);
  const product = textOf(search.product);
  const q = textOf(search.q);
  return {
    ...(state === undefined || state === 'open' ? {} : { state }),
    ...(product === undefined ? {} : { product }),
    ...(q === undefined ? {} : { q }),
  };
}

export const isFiltered = (filter: Filter): boolean => Object.keys(filter).length > 0;

/**
 * The filter as the service is asked. "Open" has no word there: open cases come first, so reading on stops at the first
 * resolved one.
 */
export function filterQuery(filter: Filter): Record<string, string | undefined> {
  const state = filter.state === 'all' ? undefined : filter.state;
  return { state, product: filter.product, q: filter.q };
}

/** Whether a case that arrives by itself belongs into this view; the same words as the service's search. */
export function matches(filter: Filter, item: CaseItem): boolean {
  const state = filter.state ?? 'open';
  if (state === 'open' && item.state === 'resolved') return false;
  if (state !== 'open' && state !== 'all' && item.state !== state) return false;
  if (filter.product !== undefined && item.product !== filter.product) return false;
  const text = `${item.number} ${item.device} ${item.title} ${item.explanation} ${item.failureMode}`.toLowerCase();
  return (filter.q ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
