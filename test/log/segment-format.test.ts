import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeGroup,
  decodeGroupHeader,
  decodeSegmentHeader,
  encodeSegmentHeader,
  groupHeaderBytes,
  layOutGroup,
  parseSegmentName,
  payloadOf,
  sealGroup,
  segmentName,
} from '../../src/log/segment-format.ts';

const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const salt = fc.nat({ max: 2 ** 32 - 1 });
const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });

it('reads a group back as it was written, wherever it stands', () => {
  fc.assert(
    fc.property(payloads, offset, salt, fc.nat({ max: 9 }), (made, first, seed, before) => {
      const bytes = layOutGroup(made);
      sealGroup(bytes, { first, count: made.length, salt: seed });
      const file = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(3)]);
      const header = decodeGroupHeader(file, before, seed);
      const group = header && decodeGroup(header, file, before + groupHeaderBytes, seed);
      expect(group).toMatchObject({ first, count: made.length });
      expect(made.map((_, index) => group && Uint8Array.from(payloadOf(group, index)))).toEqual(made);
    }),
  );
});

it('takes no group with a single changed bit, or with the salt of another segment', () => {
  fc.assert(
    fc.property(payloads, salt, fc.nat(), fc.nat({ max: 7 }), (made, seed, at, bit) => {
      const bytes = layOutGroup(made);
      sealGroup(bytes, { first: 5, count: made.length, salt: seed });
      expect(whole(bytes, seed)).toBe(true);
      expect(whole(bytes, (seed + 1) % 2 ** 32)).toBe(false);
      const place = at % bytes.length;
      bytes[place] = (bytes[place] ?? 0) ^ (1 << bit);
      expect(whole(bytes, seed)).toBe(false);
    }),
  );
});

function whole(bytes: Buffer, seed: number): boolean {
  const header = decodeGroupHeader(bytes, 0, seed);
  return header !== undefined && decodeGroup(header, bytes, groupHeaderBytes, seed) !== undefined;
}

it('reads a segment header back, and says what is wrong with another', () => {
  fc.assert(
    fc.property(offset, salt, (first, seed) => {
      const bytes = encodeSegmentHeader({ first, salt: seed });
      expect(decodeSegmentHeader(bytes, first)).toEqual({ first, salt: seed });
      expect(decodeSegmentHeader(bytes, first + 1)).toMatchObject({ torn: false });
      expect(decodeSegmentHeader(bytes.subarray(0, -1), first)).toMatchObject({ torn: true });
      bytes.writeUInt32LE(2, 8);
      expect(decodeSegmentHeader(bytes, first)).toEqual({ problem: 'its header fails the check sum', torn: true });
    }),
  );
});

it('names a segment by its first offset, in the order of the offsets', () => {
  fc.assert(
    fc.property(offset, offset, (a, b) => {
      expect(parseSegmentName(segmentName(a))).toBe(a);
      expect(segmentName(a) < segmentName(b)).toBe(a < b);
    }),
  );
  expect(['0.log', '0000000000000000.tmp', '9999999999999999.log'].map(parseSegmentName)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
