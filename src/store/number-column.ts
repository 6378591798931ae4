import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './bytes.ts';

/**
 * Numbers of one column, exact to the bit. The first byte says how:
 *
 *   0          float64, 8 bytes each
 *   1          float32, 4 bytes each: every value is one (sensors that compute in single precision)
 *   2 + 2k     decimals with k ≤ 6 places, as steps:  signed first | if more than one: signed least step | planes
 *   3 + 2k     decimals with k ≤ 6 places, as levels: signed least | planes
 *
 * A decimal is stored as the whole number n = round(v × 10^k) where n / 10^k gives v back and |n| ≤ 2^51, so that all
 * differences are exact. A step is the difference from the value before; steps and levels are stored less the least of
 * them. Planes: u8 width w in bytes (0 when all are equal) | w planes, the low byte of every number first, then the
 * second byte of every number, …: high bytes are nearly all alike and compress to nothing. Steps suit what drifts
 * (temperatures, counters, times), levels what jumps about; the smaller mean deviation wins.
 */
const float64 = 0;
const float32 = 1;
const firstDecimal = 2;
const powerMax = 6;
const integerMax = 2 ** 51;
const powersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

/** Whole numbers of the column at work: encoding is synchronous, so one buffer serves all. */
let scaled = new Float64Array(1_024);

/** Writes the first `count` of `values`. */
export function writeNumbers(out: ByteWriter, values: Float64Array, count: number): void {
  if (count > scaled.length) scaled = new Float64Array(count);
  const power = scaleDecimals(values, count, scaled);
  if (power === undefined) writeFloats(out, values, count);
  else writeIntegers(out, scaled, count, power);
}

/** Reads `count` numbers. */
export function readNumbers(from: ByteReader, count: number): Float64Array {
  if (count === 0) return new Float64Array(0);
  const kind = from.u8();
  if (kind === float64) return from.floats64(count);
  if (kind === float32) return from.floats32(count);
  const factor = powersOfTen[(kind - firstDecimal) >> 1];
  if (factor === undefined) throw damaged(`numbers of unknown kind ${kind}`);
  const values = kind % 2 === 0 ? readSteps(from, count) : readLevels(from, count);
  if (factor !== 1) for (let i = 0; i < count; i++) values[i] = (values[i] ?? 0) / factor;
  return values;
}

/** Fills `into` with whole numbers and returns their decimal places; undefined when the values are no such decimals. */
function scaleDecimals(values: Float64Array, count: number, into: Float64Array): number | undefined {
  let power = 0;
  let factor = 1;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const integer = Math.round(value * factor);
    if (integer / factor !== value) {
      // One place more, from the start: nearly always the first few values tell how many there are.
      if (power === powerMax) return undefined;
      factor = powersOfTen[++power] ?? 1;
      i = -1;
      continue;
    }
    if (integer > integerMax || integer < -integerMax || (integer === 0 && Object.is(value, -0))) return undefined;
    into[i] = integer;
  }
  return power;
}

function writeFloats(out: ByteWriter, values: Float64Array, count: number): void {
  let single = true;
  for (let i = 0; i < count && single; i++) single = Object.is(Math.fround(values[i] ?? 0), values[i]);
  out.u8(single ? float32 : float64);
  if (single) out.floats32(values, count);
  else out.floats64(values, count);
}

function writeIntegers(out: ByteWriter, integers: Float64Array, count: number, power: number): void {
  if (count === 0) return;
  const steps = stepsAreSmaller(integers, count);
  out.u8(firstDecimal + power * 2 + (steps ? 0 : 1));
  if (!steps) {
    writePlanes(out, integers, 0, count);
    return;
  }
  out.signed(integers[0] ?? 0);
  for (let i = count - 1; i > 0; i--) integers[i] = (integers[i] ?? 0) - (integers[i - 1] ?? 0);
  if (count > 1) writePlanes(out, integers, 1, count);
}

/** Whether the differences scatter less about their mean than the values do. */
function stepsAreSmaller(integers: Float64Array, count: number): boolean {
  const first = integers[0] ?? 0;
  const meanStep = count > 1 ? ((integers[count - 1] ?? 0) - first) / (count - 1) : 0;
  let mean = first;
  for (let i = 1; i < count; i++) mean += ((integers[i] ?? 0) - first) / count;
  let steps = 0;
  let levels = Math.abs(first - mean);
  let before = first;
  for (let i = 1; i < count; i++) {
    const integer = integers[i] ?? 0;
    steps += Math.abs(integer - before - meanStep);
    levels += Math.abs(integer - mean);
    before = integer;
  }
  return steps <= levels;
}

/** Writes the least of `integers[from..to)` and the planes of what each is above it. */
function writePlanes(out: ByteWriter, integers: Float64Array, from: number, to: number): void {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = from; i < to; i++) {
    const integer = integers[i] ?? 0;
    if (integer < least) least = integer;
    if (integer > most) most = integer;
  }
  let width = 0;
  for (let range = most - least; range >= 1; range = Math.floor(range / 256)) width++;
  out.signed(least);
  out.u8(width);
  const count = to - from;
  const start = out.claim(width * count);
  const bytes = out.bytes;
  if (width <= 2) {
    for (let i = 0; i < count; i++) {
      const above = (integers[from + i] ?? 0) - least;
      if (width > 0) bytes[start + i] = above;
      if (width > 1) bytes[start + count + i] = above >>> 8;
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    const above = (integers[from + i] ?? 0) - least;
    let low = above >>> 0;
    let place = start + i;
    for (let plane = 0; plane < width; plane++) {
      if (plane === 4) low = Math.floor(above / 2 ** 32);
      bytes[place] = low;
      low >>>= 8;
      place += count;
    }
  }
}

function readSteps(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  let value = from.signed();
  values[0] = value;
  if (count === 1) return values;
  const least = from.signed();
  readPlanes(from, values, 1);
  for (let i = 1; i < count; i++) {
    value += (values[i] ?? 0) + least;
    values[i] = value;
  }
  return values;
}

function readLevels(from: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  const least = from.signed();
  readPlanes(from, values, 0);
  for (let i = 0; i < count; i++) values[i] = (values[i] ?? 0) + least;
  return values;
}

function readPlanes(from: ByteReader, into: Float64Array, first: number): void {
  const width = from.u8();
  if (width > 7) throw damaged(`numbers ${width} bytes wide`);
  const count = into.length - first;
  let unit = 1;
  for (let plane = 0; plane < width; plane++) {
    const bytes = from.take(count);
    for (let i = 0; i < count; i++) into[first + i] = (into[first + i] ?? 0) + (bytes[i] ?? 0) * unit;
    unit *= 256;
  }
}
