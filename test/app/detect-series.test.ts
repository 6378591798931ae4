import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeriesRun } from '../../src/app/detect-series.ts';
import { readPack } from '../../src/app/packs.ts';

const source =
  'product: p\ntitle: P\nsignals: {s: {kind: gauge, range: [-50, 500], watch: [seasonal, stuck, spread, drift]}, t: {kind: gauge}}';
const read = readPack('p.yaml', source);
if (!('pack' in read)) throw new Error('the pack is sound');
const { pack } = read;

const everyMs = 60_000;
const series = (length: number, level: number): number[] =>
  Array.from({ length }, (_, index) => level + ((index * 389) % 997) / 997);

function run(values: readonly number[], at: (index: number) => number = (index) => index * everyMs) {
  const judge = new SeriesRun(pack, 's');
  const rows = values.map((value, index) => judge.judge(at(index), value));
  return { rows, findings: judge.findings };
}

it('scores 1 or more in the rows where findings open, and there only', () => {
  const level = fc.constantFrom(0, 3, 200, 1000);
  const stretch = fc.record({ level, length: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(stretch, { maxLength: 12 }), (stretches) => {
      const values = [...series(300, 0), ...stretches.flatMap((item) => series(item.length, item.level))];
      const { rows, findings } = run(values);
      const opened = rows.flatMap(({ anomalyScore }, index) => (anomalyScore >= 1 ? [index * everyMs] : []));
      expect(opened).toEqual([...new Set(findings.map(({ openedAt }) => openedAt))]);
      for (const { anomalyScore } of rows) expect(anomalyScore).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 30 },
  );
});

it('judges what lies behind the newest as if it came with it', () => {
  const values = [...series(300, 0), 200, 200, ...series(20, 0)];
  const behind = run(values, (index) => (index >= 300 && index < 302 ? 5 * everyMs : index * everyMs));
  expect(behind.findings).toHaveLength(1);
  expect(behind.findings[0]?.startsAt).toBe(299 * everyMs);
});

it('numbers the finding that holds, from the row that opens it to the one that ends it', () => {
  const { rows } = run([...series(300, 0), ...series(30, 200), ...series(1500, 0)]);
  const held = rows.flatMap(({ finding }, index) => (finding === undefined ? [] : [[index, finding]]));
  expect(held[0]).toEqual([300, 1]);
  expect(new Set(held.map(([, number]) => number))).toEqual(new Set([1]));
  expect(rows.at(-1)?.finding).toBeUndefined();
});
