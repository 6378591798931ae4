import { expect, it } from 'vitest';
import { StoredIndex } from '../../src/app/verify-stored.ts';
import type { StoredRows } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report as made } from '../contract/store.ts';

const at = (device: string, offset: number, index: number): Report => ({
  ...made(offset),
  ...{ device, offset, index, at: offset * 1_000 },
});

/** A store of these reports, a block each. */
function indexOf(reports: readonly Report[]): StoredIndex {
  const parts = function* () {
    for (const { device, offset, index, boot, seq } of reports) {
      const rows = { count: 1, offsets: [offset], indexes: [index], boots: [boot], seqs: [seq] };
      yield { kind: 'rows', device, ...rows } satisfies StoredRows;
    }
  };
  const byTime = (device: string, time: number) =>
    reports.filter((known) => known.device === device && known.at === time);
  return new StoredIndex(
    {
      cursor: 100,
      parts,
      byTime,
      byIdentity: () => [],
      close: () => undefined,
      letGo: () => 0,
      keptFrom: () => undefined,
    },
    { from: 5, before: 9 },
  );
}

it('tells which reports of a message are missing, too much, or under another device', () => {
  const index = indexOf([
    ...[at('a', 2, 0), at('a', 5, 0), at('a', 6, 0), at('a', 6, 2), at('b', 7, 0), at('a', 8, 0), at('a', 8, 1)],
    ...[at('a', 9, 0), at('b', 10, 0), at('b', 10, 0)],
  ]);
  expect(index.reports).toBe(10);
  expect(index.counts()).toEqual(new Map(Object.entries({ a: 6, b: 1 })));
  const take = (device: string, offset: number, indexes: readonly number[]) =>
    index
      .take(
        device,
        offset,
        indexes.map((place) => at(device, offset, place)),
      )
      .map((report) => report.index);
  expect(take('a', 5, [0])).toEqual([]);
  expect(take('a', 6, [0, 1, 2])).toEqual([1]);
  expect(take('a', 7, [0])).toEqual([0]);
  expect(take('a', 8, [0])).toEqual([]);
  expect(take('a', 11, [0])).toEqual([0]);
  expect(take('b', 10, [0])).toEqual([]);
  const left = [...index.left()].map(({ device, offset }) => `${device} ${offset}`);
  expect(new Set(left)).toEqual(new Set(['b 7', 'a 8', 'a 9', 'b 10']));
});
