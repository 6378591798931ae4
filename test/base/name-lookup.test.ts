import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameLookup } from '../../src/base/index.ts';

const values = new Map([
  ['temp', 1],
  ['flow', 2],
  ['speed', 3],
]);

describe('a look-up by names in order', () => {
  it('finds what the map has, whatever came at the place before', () => {
    const lists = fc.array(fc.array(fc.constantFrom('temp', 'flow', 'speed', 'unknown', '')));
    fc.assert(
      fc.property(lists, (names) => {
        const lookup = new NameLookup(values);
        const found = names.map((list) => list.map((name, place) => lookup.get(name, place)));
        expect(found).toEqual(names.map((list) => list.map((name) => values.get(name))));
      }),
    );
  });

  it('finds at a place that it has never come to', () => {
    const lookup = new NameLookup(values);
    expect([lookup.get('flow', 1e6), lookup.get('flow', 7), lookup.get('temp', 7)]).toEqual([2, 2, 1]);
  });
});
