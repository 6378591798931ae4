import { describe, expect, it } from 'vitest';
import { type CaseMatch, compareCases, countByWeek, devicesToLookAt } from '../../src/backtest/compare.ts';
import type { DeskCase } from '../../src/backtest/index.ts';
import { dayMs, hourMs } from '../../src/base/index.ts';

/** A Monday. */
const start = Date.UTC(2026, 0, 5);
const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** A case that opens so many hours after the start and holds for so many. */
function item(openedHours: number, holdsHours = 1, changes: Partial<DeskCase> = {}): DeskCase {
  const openedAt = start + openedHours * hourMs;
  const endsAt = openedAt + holdsHours * hourMs;
  const about = { device: 'd1', product: 'fridge', failureMode: 'warm', source: 'rule:warm', delayMs: 0 };
  const told = { severity: 'major', safety: false, title: 'Warm', explanation: 'It is warm.', storm: null } as const;
  return { ...about, ...told, openedAt, startsAt: openedAt - 5 * 60_000, endsAt, ...changes };
}

const kinds = (matches: readonly CaseMatch[]) => matches.map(({ kind }) => kind);

describe('cases under two packs', () => {
  it('are the same, earlier or later where their spells meet', () => {
    expect(kinds(compareCases([item(1)], [item(1)], always))).toEqual(['same']);
    expect(kinds(compareCases([item(10, 5)], [item(2, 20)], always))).toEqual(['earlier']);
    expect(kinds(compareCases([item(2, 1, { endsAt: undefined })], [item(400)], always))).toEqual(['later']);
  });

  it('are one case when less than a rest lies between them, and two beyond', () => {
    expect(kinds(compareCases([item(0)], [item(24)], always))).toEqual(['later']);
    expect(kinds(compareCases([item(0)], [item(26)], always))).toEqual(['removed', 'added']);
  });

  it('are matched with the nearest of several', () => {
    const matches = compareCases([item(0), item(30)], [item(31)], always);
    expect(matches.map(({ kind, against }) => [kind, against?.openedAt])).toEqual([
      ['removed', start],
      ['later', start + 30 * hourMs],
    ]);
    expect(kinds(compareCases([item(31)], [item(10), item(30)], always))).toEqual(['added', 'earlier']);
  });

  it('of different failure modes are different cases', () => {
    const other = item(1, 1, { failureMode: 'door' });
    expect(kinds(compareCases([item(1)], [other], always))).toEqual(['added', 'removed']);
  });

  it('count where one of them opened in the range', () => {
    const range = { from: start + 5 * hourMs, to: start + 10 * hourMs };
    expect(kinds(compareCases([item(4, 9)], [item(6)], range))).toEqual(['later']);
    expect(compareCases([item(4)], [item(4)], range)).toEqual([]);
    expect(compareCases([item(10)], [], range)).toEqual([]);
  });
});

describe('summaries', () => {
  const matches = [
    ...compareCases([item(0), item(24 * 15)], [item(0)], always),
    ...compareCases([], [item(3, 1, { device: 'd2' }), item(72, 1, { device: 'd2' })], always),
    ...compareCases([item(5, 1, { device: 'd3' })], [item(6, 1, { device: 'd3' })], always),
  ];

  it('count by week without holes', () => {
    const range = { from: start, to: start + 16 * dayMs };
    expect(countByWeek(matches, range).map(({ against, candidate }) => [against, candidate])).toEqual([
      [2, 4],
      [0, 0],
      [1, 0],
    ]);
    expect(countByWeek(matches, range)[0]?.from).toBe(start);
  });

  it('name the devices with the most changes first, and no other', () => {
    expect(devicesToLookAt(matches)).toEqual([
      { device: 'd2', added: 2, removed: 0, earlier: 0, later: 0 },
      { device: 'd1', added: 0, removed: 1, earlier: 0, later: 0 },
      { device: 'd3', added: 0, removed: 0, earlier: 0, later: 1 },
    ]);
    expect(devicesToLookAt(compareCases([item(1)], [item(1)], always))).toEqual([]);
  });
});
