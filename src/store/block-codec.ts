import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '../base/index.ts';
import type { Report } from '../telemetry/index.ts';
import { Presence, writeBits } from './bits.ts';
import { Block, columnType, type StoredColumn } from './block.ts';
import { ByteReader, ByteWriter, damaged } from './bytes.ts';
import { writeNumbers } from './number-column.ts';
import { Sheet, sheetPlace, sheetSignals, type ValueType } from './sheet.ts';
import { writeWords } from './word-column.ts';

/**
 * A block: reports as columns, in the order given. Every report comes back exactly, except that its signals come in
 * the block's order. Version 1, little-endian:
 *
 *   u8 1 (version) | u8 packing | u32 crc32 of all that follows | u32 bytes of the content unpacked | content
 *
 * Packing 0: the content as it is; 1: zstd. The content (integer = LEB128, texts = integer length, JSON array):
 *
 *   integer rows | texts names of the signal columns | for each column: u8 type, integer bytes | the columns
 *
 * Columns: device, product, offset, index, at, receivedAt, rawAt, boot, seq, firmware, faults, then the signals by
 * name, those of the parent as `parent.<signal>`. A signal that changes its type within a block has a column of the
 * same name for each type. Types:
 *
 *   0 none      no row has a value; 0 bytes
 *   1 numbers   presence | number-column.ts
 *   2 booleans  presence | a bit each
 *   3 words     presence | word-column.ts
 *   4 lags      numbers that are to be added to the same row's `at` (receivedAt only)
 *
 * Presence is told in bits.ts. Faults are words: JSON of [[code, active], …]; a report without faults has no value.
 */
const version = 1;
const headerBytes = 10;
const packing = { none: 0, zstd: 1 } as const;
/** Below this zstd costs more (a context a call, some 30 µs) than the bytes are worth: small blocks are merged soon. */
const packBytesMin = 1_024;
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Encoding is synchronous, so the same buffers serve every block. */
const head = new ByteWriter();
const directory = new ByteWriter();
const body = new ByteWriter();
/** The rows at work turned into columns, one behind the other: those of every row, then the signals. */
let matrix = new Float64Array(16_384);
let matrixRows = 0;
const single = new Sheet(16);

/** Encodes rows of a sheet, at least one. They share columns, so those of one product belong together. */
export function encodeRows(sheet: Sheet, rows: Uint32Array): Uint8Array {
  assert(rows.length > 0, 'a block has reports');
  head.reset();
  directory.reset();
  body.reset();
  const signals = signalColumns(sheet, rows);
  turn(sheet, rows, signals);
  writeSystemColumns(sheet.words);
  let place = sheetSignals;
  for (const { type } of signals) writeColumn(() => writeSignal(type, place++, sheet.words));
  head.integer(rows.length);
  head.texts(signals.map(({ name }) => name));
  head.append(directory.written());
  head.append(body.written());
  return packContent(head.written());
}

/** Encodes reports, at least one, of any devices. */
export function encodeBlock(reports: readonly Report[]): Uint8Array {
  single.clear();
  for (const report of reports) single.push(report);
  return encodeRows(single, single.allRows());
}

/** Opens a block; its columns are decoded when asked for. Throws `store-failed` on damaged bytes. */
export function openBlock(bytes: Uint8Array): Block {
  const from = new ByteReader(unpackContent(bytes));
  const rows = from.integer();
  const names = from.texts();
  const stored: { type: number; bytes: number }[] = [];
  for (let i = 0; i < Block.systemColumns + names.length; i++) stored.push({ type: from.u8(), bytes: from.integer() });
  const columns = stored.map(({ type, bytes }): StoredColumn => ({ type, bytes: from.take(bytes) }));
  return new Block(rows, names, columns);
}

/** Bytes of a block's content before packing: near to what its reports take in memory. */
export function blockContentBytes(bytes: Uint8Array): number {
  return new ByteReader(bytes.subarray(6, headerBytes)).u32();
}

/** Adds the header to a content, packed where that is worth it. The answer is the caller's own. */
export function packContent(content: Uint8Array): Uint8Array {
  const packed = content.length < packBytesMin ? undefined : zstdCompressSync(content, zstdOptions);
  const worthIt = packed !== undefined && packed.length < content.length;
  const payload = worthIt ? packed : content;
  const bytes = new Uint8Array(headerBytes + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = version;
  bytes[1] = worthIt ? packing.zstd : packing.none;
  view.setUint32(6, content.length, true);
  bytes.set(payload, headerBytes);
  view.setUint32(2, crc32(bytes.subarray(6)), true);
  return bytes;
}

/** The content of what {@link packContent} made. Throws `store-failed` on damaged bytes. */
export function unpackContent(bytes: Uint8Array): Uint8Array {
  const from = new ByteReader(bytes);
  const found = from.u8();
  if (found !== version) throw damaged(`a block of unknown version ${found}`);
  const how = from.u8();
  if (from.u32() !== crc32(bytes.subarray(6))) throw damaged('a block fails its checksum');
  const contentBytes = from.u32();
  const payload = from.take(from.left);
  if (how === packing.none) return payload;
  if (how !== packing.zstd) throw damaged(`a block of unknown packing ${how}`);
  try {
    return zstdDecompressSync(payload, { maxOutputLength: Math.max(1, contentBytes) });
  } catch (error) {
    throw damaged('a block cannot be unpacked', error);
  }
}

/** Writes a column's bytes by `write`, which tells its type; none where no row has a value. */
function writeColumn(write: () => number): void {
  const start = body.length;
  const type = write();
  const bytes = body.length - start;
  directory.u8(bytes === 0 ? columnType.none : type);
  directory.integer(bytes);
}

function writeSystemColumns(words: readonly string[]): void {
  writeColumn(() => writeWordsAt(sheetPlace.device, words));
  writeColumn(() => writeWordsAt(sheetPlace.product, words));
  writeColumn(() => writeNumbersAt(sheetPlace.offset));
  writeColumn(() => writeNumbersAt(sheetPlace.index));
  writeColumn(() => writeNumbersAt(sheetPlace.at));
  writeColumn(() => writeArrivals());
  writeColumn(() => writeNumbersAt(sheetPlace.rawAt));
  writeColumn(() => writeWordsAt(sheetPlace.boot, words));
  writeColumn(() => writeNumbersAt(sheetPlace.seq));
  writeColumn(() => writeWordsAt(sheetPlace.firmware, words));
  writeColumn(() => writeWordsAt(sheetPlace.faults, words));
}

/** The values of one place in all rows. They may be written over. */
function column(place: number): Float64Array {
  return matrix.subarray(place * matrixRows, (place + 1) * matrixRows);
}

function writeNumbersAt(place: number): number {
  const values = column(place);
  const count = writePresence(values);
  if (count > 0) writeNumbers(body, values, count);
  return columnType.numbers;
}

function writeWordsAt(place: number, words: readonly string[]): number {
  const numbers = column(place);
  const count = writePresence(numbers);
  if (count > 0) writeWords(body, { numbers, count, words });
  return columnType.words;
}

function writeSignal(type: ValueType, place: number, words: readonly string[]): number {
  if (type === 'number') return writeNumbersAt(place);
  if (type === 'string') return writeWordsAt(place, words);
  const values = column(place);
  const count = writePresence(values);
  writeBits(body, values, count);
  return columnType.booleans;
}

/** Writes which values there are (NaN is none) and moves them to the front; returns how many, and writes nothing of none. */
function writePresence(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) count++;
  if (count === 0) return 0;
  const presence = new Presence(values.length);
  if (count === values.length) presence.markAll();
  else {
    let kept = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? 0;
      if (Number.isNaN(value)) continue;
      presence.mark(i);
      values[kept++] = value;
    }
  }
  presence.write(body);
  return count;
}

/** Arrival follows event time closely, so that what remains is the jitter; kept whole where that would not be exact. */
function writeArrivals(): number {
  const at = column(sheetPlace.at);
  const receivedAt = column(sheetPlace.receivedAt);
  let exact = true;
  for (let i = 0; i < at.length && exact; i++) {
    const event = at[i] ?? 0;
    const arrival = receivedAt[i] ?? 0;
    exact = Object.is(event + (arrival - event), arrival);
  }
  if (!exact) return writeNumbersAt(sheetPlace.receivedAt);
  for (let i = 0; i < at.length; i++) receivedAt[i] = (receivedAt[i] ?? 0) - (at[i] ?? 0);
  writeNumbersAt(sheetPlace.receivedAt);
  return columnType.lags;
}

interface SignalColumn {
  readonly name: string;
  readonly type: ValueType;
  /** By the number of a shape: the place of the signal in its rows, −1 where they have none. */
  readonly places: Int32Array;
}

/** The signals of the rows' shapes, one column a name and type, in the order in which they are first seen. */
function signalColumns({ shapes, shapeOf }: Sheet, rows: Uint32Array): readonly SignalColumn[] {
  const columns = new Map<string, SignalColumn>();
  const seen = new Uint8Array(shapes.length);
  for (let i = 0; i < rows.length; i++) {
    const number = shapeOf[rows[i] ?? 0] ?? 0;
    if (seen[number] === 1) continue;
    seen[number] = 1;
    for (const [place, name] of (shapes[number]?.names ?? []).entries()) {
      const type = shapes[number]?.types[place] ?? 'number';
      const key = `${type} ${name}`;
      const known = columns.get(key) ?? { name, type, places: new Int32Array(shapes.length).fill(-1) };
      known.places[number] = sheetSignals + place;
      columns.set(key, known);
    }
  }
  return [...columns.values()];
}

/** Fills the matrix. Row by row: a row is one or two lines of the cache, and every column is written in order. */
function turn({ values, starts, shapeOf }: Sheet, rows: Uint32Array, signals: readonly SignalColumn[]): void {
  const count = rows.length;
  matrixRows = count;
  const needed = count * (sheetSignals + signals.length);
  if (matrix.length < needed) matrix = new Float64Array(needed * 2);
  const shape = shapeOf[rows[0] ?? 0];
  const alike = rows.every((row) => shapeOf[row] === shape);
  // Of rows of one shape, the signals lie in the order of the columns.
  const plain = sheetSignals + (alike ? signals.length : 0);
  const target = matrix;
  for (let i = 0; i < count; i++) {
    const start = starts[rows[i] ?? 0] ?? 0;
    for (let place = 0, to = i; place < plain; place++, to += count) target[to] = values[start + place] ?? 0;
  }
  if (alike) return;
  for (const [k, { places }] of signals.entries()) {
    const first = (sheetSignals + k) * count;
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0;
      const place = places[shapeOf[row] ?? 0] ?? -1;
      target[first + i] = place < 0 ? Number.NaN : (values[(starts[row] ?? 0) + place] ?? 0);
    }
  }
}
