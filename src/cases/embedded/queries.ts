import type { SQLInputValue } from 'node:sqlite';
import { AftercareError } from '../../base/index.ts';
import type { CaseQuery, FindingQuery } from '../store.ts';
import { resolvedRank } from '../urgency.ts';

/** What a list asks for, in SQL: equal texts can share a prepared statement. */
export interface Conditions {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
}

/** Words of a search beyond this many are not looked at. */
const searchWordsMax = 16;

export function caseConditions(query: CaseQuery): Conditions {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  if (query.state !== undefined) {
    // The rank says the same as the state and is in the index that gives the order.
    terms.push(query.state === 'resolved' ? `urgency_rank = ${resolvedRank}` : `urgency_rank < ${resolvedRank}`);
  }
  for (const name of ['id', 'state', 'device', 'product', 'owner'] as const) {
    const value = query[name];
    if (value === undefined) continue;
    terms.push(`${name} = ?`);
    values.push(value);
  }
  for (const word of (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, searchWordsMax)) {
    terms.push('instr(search, ?) > 0');
    values.push(word);
  }
  if (query.cursor !== undefined) {
    terms.push('(urgency_rank, urgency_at, number) > (?, ?, ?)');
    values.push(...cursorNumbers(query.cursor, /^(\d)_(-?\d{1,16})_(\d{1,16})$/));
  }
  return { where: whereOf(terms), values };
}

export function findingConditions(query: FindingQuery): Conditions {
  const { term, wanted } = wantedOf(query);
  const terms = [term];
  const values: SQLInputValue[] = [...wanted];
  if (query.to !== undefined) {
    terms.push('starts_at < ?');
    values.push(query.to);
  }
  if (query.from !== undefined) {
    terms.push('(ends_at IS NULL OR ends_at >= ?)');
    values.push(query.from);
  }
  if (query.cursor !== undefined) {
    const [start, id] = cursorParts(query.cursor, /^(-?\d{1,16})_(.+)$/s);
    terms.push(`(starts_at, id) ${query.newestFirst ? '<' : '>'} (?, ?)`);
    values.push(Number(start), id ?? '');
  }
  return { where: whereOf(terms), values };
}

function wantedOf(query: FindingQuery): { readonly term: string; readonly wanted: readonly string[] } {
  if ('case' in query) return { term: 'case_id = ?', wanted: [query.case] };
  if ('device' in query) return { term: 'device = ?', wanted: [query.device] };
  if ('source' in query) return { term: 'product = ? AND source = ?', wanted: [query.product, query.source] };
  return { term: 'id IN (SELECT finding FROM hidden WHERE maintenance = ?)', wanted: [query.hiddenBy] };
}

/** Undefined stands for the beginning. */
export function timelinePosition(cursor: string | undefined): number {
  return cursor === undefined ? 0 : (cursorNumbers(cursor, /^(\d{1,16})$/)[0] ?? 0);
}

function whereOf(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`;
}

function cursorNumbers(cursor: string, form: RegExp): readonly number[] {
  return cursorParts(cursor, form).map(Number);
}

function cursorParts(cursor: string, form: RegExp): readonly string[] {
  const match = form.exec(cursor);
  if (match !== null) return match.slice(1);
  throw new AftercareError('request-invalid', 'The cursor is not one of this list.', {
    hint: 'Give the `next` of the page before as it is, or none for the first page.',
  });
}
