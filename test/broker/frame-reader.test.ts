import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../src/broker/frame-reader.ts';
import { publishFrame } from './raw-client.ts';

const pingreq = Buffer.from([0xc0, 0]);

/** Pushes the pieces one by one, and again whatever was given back as rest. */
function readAll(reader: FrameReader, pieces: readonly Buffer[], framesMax: number) {
  const whole: Buffer[] = [];
  let charged = 0;
  for (const piece of pieces) {
    let rest: Buffer | undefined = piece;
    while (rest !== undefined) {
      const split = reader.push(rest, framesMax);
      if (split.whole !== undefined) whole.push(split.whole);
      charged += split.charged;
      rest = split.rest;
    }
  }
  return { whole, charged, bytes: Buffer.concat(whole) };
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

describe('frames cut out of a byte stream', () => {
  it('are the same however the bytes are cut, and never less than whole', () => {
    const bodies = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 });
    const places = fc.array(fc.nat(4_000), { maxLength: 30 });
    fc.assert(
      fc.property(bodies, places, fc.integer({ min: 1, max: 5 }), (sizes, cuts, framesMax) => {
        const frames = sizes.map((size, index) => publishFrame('t', Buffer.alloc(size, index), index + 1));
        const { whole, charged, bytes } = readAll(new FrameReader(1_000), cut(Buffer.concat(frames), cuts), framesMax);
        expect(bytes).toEqual(Buffer.concat(frames));
        expect(charged).toBe(frames.length);
        const ends = frames.map((_, index) => Buffer.concat(frames.slice(0, index + 1)).length);
        let end = 0;
        for (const part of whole) {
          end += part.length;
          expect(ends).toContain(end);
        }
      }),
    );
  });

  it('are taken in their order up to the first that is refused, and none twice', () => {
    const frame = fc.record({ size: fc.integer({ min: 0, max: 300 }), own: fc.boolean() });
    const places = fc.array(fc.nat(4_000), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(frame, { minLength: 1, maxLength: 8 }), places, (list, cuts) => {
        const frames = list.map(({ size, own }, index) =>
          publishFrame(own ? 'own' : 'other', Buffer.alloc(size), index + 1),
        );
        const reader = new FrameReader(1_000);
        const seen: Buffer[] = [];
        let charged = 0;
        for (const piece of cut(Buffer.concat(frames), cuts)) {
          const split = reader.push(piece, 100, (bytes, firstByte, bodyStart, end) => {
            if (bytes.toString('latin1', bodyStart + 2, bodyStart + 5) !== 'own') return false;
            seen.push(Buffer.concat([Buffer.from([firstByte]), bytes.subarray(bodyStart, end)]));
            return true;
          });
          charged += split.charged;
          if (split.whole !== undefined) seen.push(...withoutLengths(split.whole));
        }
        expect(seen).toEqual(withoutLengths(Buffer.concat(frames)));
        expect(charged).toBe(frames.length);
      }),
    );
  });

  it('are taken from what has just come without anything being kept of the rest', () => {
    const own = publishFrame('own', 'x'.repeat(200), 1);
    const bytes = Buffer.concat([own, own, own, pingreq, own]);
    const reader = new FrameReader(1_000);
    const takeOwn = (_bytes: Buffer, firstByte: number) => firstByte === own[0];
    expect(reader.takeFirst(bytes, 100, takeOwn)).toEqual({ frames: 3, end: 3 * own.length });
    expect(reader.takeFirst(bytes, 2, takeOwn)).toEqual({ frames: 2, end: 2 * own.length });
    const cutShort = bytes.subarray(0, 2 * own.length - 1);
    expect(reader.takeFirst(cutShort, 100, takeOwn)).toEqual({ frames: 1, end: own.length });
    expect(new FrameReader(100).takeFirst(bytes, 100, takeOwn)).toEqual({ frames: 0, end: 0 });
    expect(reader.isBetweenFrames).toBe(true);
    reader.push(cutShort.subarray(own.length), 100);
    expect(reader.isBetweenFrames).toBe(false);
  });

  it('come byte by byte', () => {
    const frame = publishFrame('a/b', 'x'.repeat(300), 7);
    const pieces = [...frame].map((byte) => Buffer.from([byte]));
    expect(readAll(new FrameReader(1_000), pieces, 10).whole).toEqual([frame]);
  });

  it('are given in portions when asked', () => {
    const reader = new FrameReader(100);
    const split = reader.push(Buffer.concat([pingreq, pingreq, pingreq]), 2);
    expect(split.whole).toEqual(Buffer.concat([pingreq, pingreq]));
    expect(split.rest).toEqual(pingreq);
  });

  it('cost nothing when they are acks', () => {
    const acks = [0x40, 0x50, 0x62, 0x70].map((first) => Buffer.from([first, 2, 0, 1]));
    const { charged, whole } = readAll(new FrameReader(100), [Buffer.concat([...acks, pingreq])], 10);
    expect(charged).toBe(1);
    expect(whole).toHaveLength(1);
  });

  it('are refused by their header alone when they are too large', () => {
    const header = publishFrame('a', Buffer.alloc(20_000_000), 1).subarray(0, 5);
    expect(new FrameReader(256 * 1024).push(header, 10).oversize).toBe(20_000_010);
    const reader = new FrameReader(256 * 1024);
    const pieces = [...header].map((byte) => reader.push(Buffer.from([byte]), 10).oversize);
    expect(pieces.filter((bytes) => bytes !== undefined)).toEqual([20_000_010]);
  });

  it('are given though one that is too large follows them', () => {
    const reader = new FrameReader(100);
    const large = publishFrame('a', Buffer.alloc(500), 1);
    const split = reader.push(Buffer.concat([pingreq, pingreq, large]), 10);
    expect(split).toEqual({ whole: Buffer.concat([pingreq, pingreq]), rest: undefined, charged: 2, oversize: 508 });
    const other = new FrameReader(100);
    const small = publishFrame('a', 'x', 1);
    expect(other.push(small.subarray(0, 4), 10).whole).toBeUndefined();
    const rest = Buffer.concat([small.subarray(4), large]);
    expect(other.push(rest, 10)).toMatchObject({ whole: small, charged: 1, oversize: 508 });
  });

  it('are taken at exactly the limit', () => {
    const frame = publishFrame('a', Buffer.alloc(500), 1);
    expect(new FrameReader(frame.length).push(frame, 10).whole).toEqual(frame);
    expect(new FrameReader(frame.length - 1).push(frame, 10).oversize).toBe(frame.length);
  });

  it('are left to the parser when the length never ends', () => {
    const broken = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    expect(new FrameReader(100).push(broken, 10).whole).toEqual(broken);
  });
});

/** Frames one by one, each without its length field. */
function withoutLengths(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let rest = bytes; rest.length > 0; ) {
    const lengthBytes = (rest[1] ?? 0) < 0x80 ? 1 : 2;
    const bodyBytes = lengthBytes === 1 ? (rest[1] ?? 0) : ((rest[1] ?? 0) & 0x7f) + ((rest[2] ?? 0) << 7);
    const start = 1 + lengthBytes;
    found.push(Buffer.concat([rest.subarray(0, 1), rest.subarray(start, start + bodyBytes)]));
    rest = rest.subarray(start + bodyBytes);
  }
  return found;
}
