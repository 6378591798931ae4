import { describe, expect, it } from 'vitest';
import { RecentReports } from '../../src/store/recent-reports.ts';
import { Sheet } from '../../src/store/sheet.ts';
import { report } from '../contract/store.ts';

const limits = { reportsMax: 100, writesMax: 100, bytesMax: 1_000_000 };

/** Of one device, each given by its log offset and event time. */
function held(fullReports: number, ...rows: readonly (readonly [offset: number, at: number])[]): RecentReports {
  const recent = new RecentReports(limits, fullReports);
  const sheet = Sheet.of(rows.map(([offset, at], index) => report(offset, { at, index, device: 'fridge-1' })));
  recent.add(sheet, sheet.allRows(), 1_000);
  return recent;
}

const packable = (...rows: readonly (readonly [number, number])[]) => held(100, ...rows).beforeNewestTime('fridge-1');

describe('what can be packed without parting what shares a time', () => {
  it('ends before the newest time', () => {
    expect(packable([0, 1], [1, 1], [2, 2], [3, 3], [4, 3])).toBe(3);
    expect(packable([0, 1], [1, 2], [2, 3])).toBe(2);
  });

  it('ends before the newest time also when an older one comes last', () => {
    expect(packable([0, 1], [1, 1], [2, 2], [3, 3], [4, 1])).toBe(3);
  });

  it('keeps the reports of one message together', () => {
    expect(packable([0, 1], [1, 1], [2, 2], [3, 2], [3, 3])).toBe(3);
  });

  it('is all of it where little would be left', () => {
    expect(packable([0, 5], [1, 5], [2, 5])).toBe(3);
    expect(packable([0, 9], [1, 5], [2, 5])).toBe(3);
    expect(packable([0, 1], [1, 9], [2, 5], [3, 5])).toBe(4);
    expect(packable([0, 1])).toBe(1);
  });
});

it('holds what is left when the oldest were taken, as reports of a device that may be full again', () => {
  const recent = held(3, [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 5]);
  const taken = new Sheet(10);
  recent.take('fridge-1', taken, 2);
  expect(taken.reports().map(({ offset }) => offset)).toEqual([0, 1]);
  expect([...recent.of('fridge-1')].map(({ sheet, row }) => sheet.report(row).offset)).toEqual([2, 3, 4, 5]);
  expect([recent.full, recent.offsetAt('fridge-1', 0), recent.offsetAt('fridge-1', 4)]).toEqual([
    'fridge-1',
    2,
    undefined,
  ]);
  recent.take('fridge-1', taken, 2);
  expect([recent.full, recent.countOf('fridge-1')]).toEqual([undefined, 2]);
  recent.take('fridge-1', undefined);
  expect([recent.front, recent.countOf('fridge-1')]).toEqual([undefined, 0]);
});
