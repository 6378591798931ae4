import type { SQLInputValue } from 'node:sqlite';
import { AftercareError } from '../../base/index.ts';
import type { Maintenance } from '../../telemetry/index.ts';
import type { MaintenancePageQuery } from '../registry.ts';

/** What a page of maintenance asks for, in SQL. */
export function maintenanceConditions(query: MaintenancePageQuery): {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
} {
  const { id, state, now, cursor } = query;
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const demand = (term: string, ...given: SQLInputValue[]): void => {
    terms.push(term);
    values.push(...given);
  };
  if (id !== undefined) demand('id = ?', id);
  if (state === 'past') demand('over_at <= ?', now);
  if (state === 'active') demand('over_at > ? AND from_at <= ?', now, now);
  if (state === 'planned') demand('over_at > ? AND from_at > ?', now, now);
  if (cursor !== undefined) demand('(from_at, id) < (?, ?)', ...cursorParts(cursor));
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

/** Of the page behind this one. */
export function maintenanceCursor({ from, id }: Maintenance): string {
  return `${from}_${id}`;
}

function cursorParts(cursor: string): readonly [number, string] {
  const match = /^(-?\d{1,16})_(.+)$/s.exec(cursor);
  if (match?.[2] !== undefined) return [Number(match[1]), match[2]];
  throw new AftercareError('request-invalid', 'The cursor is not one of this list.', {
    hint: 'Give the `next` of the page before as it is, or none for the first page.',
  });
}
