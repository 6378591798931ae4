import { describe, expect, it } from 'vitest';
import type { CaseItem } from '../../dashboards/console/src/api/model.ts';
import { filterQuery, isFiltered, matches, parseFilter } from '../../dashboards/console/src/inbox/filter.ts';
import { arrive, markMs, neighbour, noNotes } from '../../dashboards/console/src/inbox/live-list.ts';
import { caseItem as fridge } from './case-item.ts';

const pump: CaseItem = {
  ...fridge,
  id: 'c2',
  number: 1043,
  device: 'pump-40',
  product: 'pump-loop',
  severity: 'critical',
};
const view = { filter: {}, now: 1_000_000 };

describe('the filter', () => {
  it('keeps what it knows of the URL and drops the rest', () => {
    expect(parseFilter({ state: 'resolved', product: 'pump-loop', q: 'oslo', page: '3' })).toEqual({
      state: 'resolved',
      product: 'pump-loop',
      q: 'oslo',
    });
    expect(parseFilter({ state: 'sleeping', product: '', q: 7 })).toEqual({});
    expect(isFiltered(parseFilter({ state: 'open' }))).toBe(false);
    expect(isFiltered(parseFilter({ q: 'x' }))).toBe(true);
  });

  it('asks the service for a state only where the service knows it', () => {
    expect(filterQuery({}).state).toBeUndefined();
    expect(filterQuery({ state: 'all' }).state).toBeUndefined();
    expect(filterQuery({ state: 'acknowledged' }).state).toBe('acknowledged');
  });

  it('tells which arriving cases belong into the view', () => {
    expect(matches({}, fridge)).toBe(true);
    expect(matches({}, { ...fridge, state: 'resolved' })).toBe(false);
    expect(matches({ state: 'all' }, { ...fridge, state: 'resolved' })).toBe(true);
    expect(matches({ product: 'pump-loop' }, fridge)).toBe(false);
    expect(matches({ q: 'Refrigerant 1042' }, fridge)).toBe(true);
    expect(matches({ q: 'refrigerant washer' }, fridge)).toBe(false);
  });
});

describe('the live list', () => {
  it('lets a new case wait, once, and moves no row', () => {
    const rows = [fridge];
    const first = arrive(rows, noNotes, pump, view);
    const again = arrive(first.rows, first.notes, { ...pump, version: 2 }, view);
    expect(again.rows).toBe(rows);
    expect(again.notes.waiting).toEqual(['c2']);
  });

  it('forgets a waiting case that no longer belongs', () => {
    const { rows, notes } = arrive([fridge], noNotes, pump, view);
    expect(arrive(rows, notes, { ...pump, version: 2, state: 'resolved' }, view).notes.waiting).toEqual([]);
  });

  it('changes a row where it stands and marks the cells that differ', () => {
    const after = { ...fridge, version: 2, severity: 'critical', owner: 'Ana', state: 'acknowledged' } as const;
    const { rows, notes } = arrive([pump, fridge], noNotes, after, view);
    expect(rows).toEqual([pump, after]);
    expect(notes.changed.get('c1')).toEqual({ cells: ['severity', 'owner', 'state'], at: view.now });
  });

  it('keeps a row that was resolved under the reader', () => {
    const { rows } = arrive([pump, fridge], noNotes, { ...fridge, version: 2, state: 'resolved' }, view);
    expect(rows.map((row) => row.id)).toEqual(['c2', 'c1']);
  });

  it('ignores an older version', () => {
    const rows = [{ ...fridge, version: 5 }];
    expect(arrive(rows, noNotes, { ...fridge, version: 4, owner: 'Ana' }, view)).toEqual({ rows, notes: noNotes });
  });

  it('drops marks that are over', () => {
    const one = arrive([pump, fridge], noNotes, { ...fridge, version: 2, owner: 'Ana' }, view);
    const two = arrive(
      one.rows,
      one.notes,
      { ...pump, version: 2, owner: 'Bo' },
      { filter: {}, now: view.now + markMs },
    );
    expect([...two.notes.changed.keys()]).toEqual(['c2']);
  });

  it('walks the rows and stops at both ends', () => {
    const ids = ['a', 'b', 'c'];
    expect(neighbour(ids, undefined, 1)).toBe('a');
    expect(neighbour(ids, 'a', 1)).toBe('b');
    expect(neighbour(ids, 'c', 1)).toBe('c');
    expect(neighbour(ids, 'a', -1)).toBe('a');
    expect(neighbour(ids, 'gone', 1)).toBe('a');
    expect(neighbour([], 'a', 1)).toBeUndefined();
  });
});
