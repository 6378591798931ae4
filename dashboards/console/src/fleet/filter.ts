import type { Health } from '../api/model.ts';
import { textOf } from '../app/url-text.ts';
import { healths } from '../words/health.ts';

/** What of the fleet is shown; it lives in the URL. Absent means: every device that is not retired. */
export interface FleetFilter {
  readonly health?: Health;
  readonly product?: string;
  readonly q?: string;
  /** Retired devices instead of the others. */
  readonly retired?: 'true';
}

/** Reads the URL's parameters; what it does not know it leaves out, so that an old link still opens. */
export function parseFleetFilter(search: Readonly<Record<string, unknown>>): FleetFilter {
  const health = healths.find((known) => known === search.health);
  const product = textOf(search.product);
  const q = textOf(search.q);
  return {
    ...(health === undefined ? {} : { health }),
    ...(product === undefined ? {} : { product }),
    ...(q === undefined ? {} : { q }),
    ...(search.retired === 'true' ? { retired: 'true' } : {}),
  };
}

export const isFiltered = (filter: FleetFilter): boolean => Object.keys(filter).length > 0;

export function fleetFilterQuery(filter: FleetFilter): Record<string, string | undefined> {
  const { health, product, q, retired = 'false' } = filter;
  return { health, product, q, retired };
}

/** The filter with one state chosen, or none where it was chosen already: what a tile leads to. */
export function withHealth(filter: FleetFilter, chosen: Health): FleetFilter {
  const { health, retired: _, ...rest } = filter;
  return health === chosen ? rest : { ...rest, health: chosen };
}
