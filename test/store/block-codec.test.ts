import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAftercareError } from '../../src/base/index.ts';
import { blockContentBytes, encodeBlock, openBlock } from '../../src/store/block-codec.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';
import { anyReport } from './reports.ts';

function decode(bytes: Uint8Array): Report[] {
  const block = openBlock(bytes);
  return Array.from({ length: block.rows }, (_, row) => block.report(row));
}

/** Steady readings of a device, as a product sends them. */
function steady(count: number): Report[] {
  return Array.from({ length: count }, (_, i) =>
    report(i * 37 + ((i * i) % 23), {
      at: 1_763_683_200_000 + i * 60_000 + ((i * 7_919) % 400),
      seq: i,
      signals: { cabinet_temp: Math.round(400 + 50 * Math.sin(i / 9)) / 100, door_open: i % 50 === 0, mode: 'cool' },
    }),
  );
}

describe('the block codec', () => {
  it('brings every report back exactly', () => {
    fc.assert(
      fc.property(fc.array(anyReport, { minLength: 1, maxLength: 60 }), (reports) => {
        expect(decode(encodeBlock(reports))).toEqual(reports);
      }),
    );
  });

  it('brings large blocks of long words back', () => {
    const reports = Array.from({ length: 3_000 }, (_, i) => report(i, { firmware: `${i}`.repeat(40) }));
    expect(decode(encodeBlock(reports))).toEqual(reports);
  });

  it('keeps a steady device in a few bytes a report', () => {
    const bytes = encodeBlock(steady(512));
    expect(decode(bytes)).toEqual(steady(512));
    expect(bytes.length / 512).toBeLessThan(8);
    expect(blockContentBytes(bytes)).toBeGreaterThan(bytes.length);
  });

  it('tells a signal by its columns, one a type', () => {
    const values = [1, 'off', 2.5, true];
    const block = openBlock(encodeBlock(values.map((value, i) => report(i, { signals: { mode: value } }))));
    const columns = block.signal('mode').map(({ type, rows, values: of }) => [type, rows && [...rows], [...of]]);
    expect(columns).toEqual([
      ['number', [0, 2], [1, 2.5]],
      ['string', [1], ['off']],
      ['boolean', [3], [1]],
    ]);
    expect(block.signal('nothing')).toEqual([]);
  });

  it('tells damaged bytes, wherever they are', () => {
    const small = encodeBlock(steady(3));
    const large = encodeBlock(steady(200));
    fc.assert(
      fc.property(fc.constantFrom(small, large), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, change) => {
        const damaged = bytes.slice();
        damaged[place % bytes.length] = (damaged[place % bytes.length] ?? 0) ^ change;
        expect(failure(() => decode(damaged))).toBe(true);
        expect(failure(() => decode(bytes.subarray(0, place % bytes.length)))).toBe(true);
      }),
    );
  });
});

/** Whether the call fails as damaged data does. */
function failure(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return isAftercareError(error, 'store-failed') && error.hint !== undefined;
  }
}
