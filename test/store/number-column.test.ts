import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/store/bytes.ts';
import { readNumbers, writeNumbers } from '../../src/store/number-column.ts';
import { number } from './reports.ts';

function encode(values: readonly number[]): Uint8Array {
  const out = new ByteWriter();
  writeNumbers(out, Float64Array.from(values), values.length);
  return out.written().slice();
}

const decode = (bytes: Uint8Array, count: number): number[] => [...readNumbers(new ByteReader(bytes), count)];

/** Numbers that all lie on one grid, where the compact forms apply. */
const decimals = fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 1, max: 52 })).chain(([places, bits]) =>
  fc.array(
    fc.maxSafeInteger().map((n) => (n % 2 ** bits) / 10 ** places),
    { minLength: 1, maxLength: 50 },
  ),
);

describe('number columns', () => {
  it('bring every number back to the bit', () => {
    const any = fc.double();
    const columns = fc.oneof(decimals, fc.array(number, { minLength: 1 }), fc.array(any, { minLength: 1 }));
    fc.assert(
      fc.property(columns, (values) => {
        expect(decode(encode(values), values.length)).toEqual(values);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['equal values in no byte each', Array.from({ length: 100 }, () => 21.5), 8],
    [
      'a steady clock with jitter in a byte each',
      Array.from({ length: 100 }, (_, i) => 1.7e12 + i * 60_000 + (i % 7)),
      120,
    ],
    [
      'two decimals within a narrow band in a byte each',
      Array.from({ length: 100 }, (_, i) => ((i * 37) % 200) / 100),
      110,
    ],
    ['single precision in four bytes each', Array.from({ length: 100 }, (_, i) => Math.fround(Math.sin(i))), 401],
    ['anything else in eight', Array.from({ length: 100 }, (_, i) => Math.sin(i)), 801],
  ])('keep %s', (_, values, bytesMax) => {
    const bytes = encode(values);
    expect(bytes.length).toBeLessThanOrEqual(bytesMax);
    expect(decode(bytes, values.length)).toEqual(values);
  });

  it('tell what was cut off', () => {
    const bytes = encode([1, 700, 3.25]);
    expect(() => decode(bytes.subarray(0, -1), 3)).toThrow(/damaged/);
  });
});
