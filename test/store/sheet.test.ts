import { describe, expect, it } from 'vitest';
import { Sheet, sheetSignals } from '../../src/store/sheet.ts';
import { report } from '../contract/store.ts';

const reports = Array.from({ length: 5 }, (_, offset) =>
  report(offset, { device: `d${offset % 2}`, signals: { temp: offset, door: offset > 2 } }),
);

describe('a copy of a sheet’s parts', () => {
  it('is as large as its rows, of which the sheet may have room for many more', () => {
    const sheet = new Sheet(1_000);
    for (const one of reports) sheet.push(one);
    const { rows, values, starts, shapeOf } = sheet.copiedParts();
    expect(sheet.values.length).toBeGreaterThan(1_000);
    expect(values.length).toBe(reports.length * (sheetSignals + 2));
    expect([rows, starts.length, shapeOf.length]).toEqual([5, 5, 5]);
  });

  it('holds the same reports, and leaves them to the sheet when its memory moves away', () => {
    const sheet = Sheet.of(reports);
    const copy = sheet.copiedParts();
    const moved = structuredClone(copy, { transfer: [copy.values.buffer, copy.starts.buffer, copy.shapeOf.buffer] });
    expect(new Sheet(moved).reports()).toEqual(reports);
    expect(sheet.reports()).toEqual(reports);
  });

  it('can be made of what is a copy already, and of nothing', () => {
    const copy = new Sheet(new Sheet(Sheet.of(reports).copiedParts()).copiedParts());
    expect(copy.reports()).toEqual(reports);
    expect(Sheet.of([]).copiedParts().values).toHaveLength(0);
  });
});

it('has no rows and no memory any more when it was freed', () => {
  const sheet = Sheet.of(reports);
  const { values, starts, shapeOf } = sheet.parts();
  sheet.free();
  expect([sheet.rows, values.byteLength, starts.byteLength, shapeOf.byteLength]).toEqual([0, 0, 0, 0]);
  expect(sheet.reports()).toEqual([]);
});
