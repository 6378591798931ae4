import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { assert } from '../base/index.ts';
import type { Report, SignalValue } from '../telemetry/index.ts';
import { BitList, Presence } from './bits.ts';
import { Block, columnType, type StoredColumn } from './block.ts';
import { ByteReader, ByteWriter, damaged } from './bytes.ts';
import { writeNumbers } from './number-column.ts';
import { WordList } from './word-column.ts';

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
 * name. A signal that changes its type within a block has a column of the same name for each type. Types:
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
/** One system column is written before the next is gathered. */
let systemValues = new Float64Array(1_024);

/** Encodes reports, at least one, of any devices. They share columns, so those of one product belong together. */
export function encodeBlock(reports: readonly Report[]): Uint8Array {
  assert(reports.length > 0, 'a block has reports');
  head.reset();
  directory.reset();
  body.reset();
  writeSystemColumns(reports);
  const columns = signalColumns(reports);
  for (const column of columns) writeColumn(column);
  head.integer(reports.length);
  head.texts(columns.map((column) => column.name));
  head.append(directory.written());
  head.append(body.written());
  return pack(head.written());
}

/** Opens a block; its columns are decoded when asked for. Throws `store-failed` on damaged bytes. */
export function openBlock(bytes: Uint8Array): Block {
  const from = new ByteReader(unpack(bytes));
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

function pack(content: Uint8Array): Uint8Array {
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

function unpack(bytes: Uint8Array): Uint8Array {
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

interface Column {
  readonly type: number;
  /** Writes nothing where no row has a value. */
  write(out: ByteWriter): void;
}

function writeColumn(column: Column): void {
  const start = body.length;
  column.write(body);
  const bytes = body.length - start;
  directory.u8(bytes === 0 ? columnType.none : column.type);
  directory.integer(bytes);
}

function writeSystemColumns(reports: readonly Report[]): void {
  writeWords(reports, (report) => report.device);
  writeWords(reports, (report) => report.product);
  writeNumberColumn(reports, (report) => report.offset);
  writeNumberColumn(reports, (report) => report.index);
  writeNumberColumn(reports, (report) => report.at);
  writeArrivals(reports);
  writeNumberColumn(reports, (report) => report.rawAt);
  writeWords(reports, (report) => report.boot);
  writeNumberColumn(reports, (report) => report.seq);
  writeWords(reports, (report) => report.firmware);
  writeWords(reports, faultsText);
}

function writeWords(reports: readonly Report[], get: (report: Report) => string | undefined): void {
  const column = new WordColumn('', reports.length);
  let row = 0;
  for (const report of reports) {
    const word = get(report);
    if (word !== undefined) column.push(row, word);
    row++;
  }
  writeColumn(column);
}

function writeNumberColumn(
  reports: readonly Report[],
  get: (report: Report) => number | undefined,
  type: number = columnType.numbers,
): void {
  if (systemValues.length < reports.length) systemValues = new Float64Array(reports.length);
  const column = new NumberColumn('', reports.length, { type, values: systemValues });
  let row = 0;
  for (const report of reports) {
    const value = get(report);
    if (value !== undefined) column.push(row, value);
    row++;
  }
  writeColumn(column);
}

/** Arrival follows event time closely, so that what remains is the jitter; kept whole where that would not be exact. */
function writeArrivals(reports: readonly Report[]): void {
  const exact = reports.every((report) => Object.is(report.at + (report.receivedAt - report.at), report.receivedAt));
  if (exact) writeNumberColumn(reports, (report) => report.receivedAt - report.at, columnType.lags);
  else writeNumberColumn(reports, (report) => report.receivedAt);
}

function faultsText(report: Report): string | undefined {
  if (report.faults.length === 0) return undefined;
  return JSON.stringify(report.faults.map((fault) => [fault.code, fault.active]));
}

function signalColumns(reports: readonly Report[]): readonly SignalColumn[] {
  const columns: SignalColumn[] = [];
  const byKey = new Map<string, number>();
  let row = 0;
  for (const report of reports) {
    let next = 0;
    for (const name of Object.keys(report.signals)) {
      const value = report.signals[name];
      assert(value !== undefined, 'a signal has a value');
      // Reports of a product name their signals in the same order: the column is nearly always the next one.
      let column = columns[next];
      if (column?.name !== name || !column.holds(value)) {
        const key = `${typeof value} ${name}`;
        next = byKey.get(key) ?? columns.length;
        column = columns[next];
        if (column === undefined) {
          column = newSignalColumn(name, value, reports.length);
          byKey.set(key, columns.push(column) - 1);
        }
      }
      column.push(row, value);
      next++;
    }
    row++;
  }
  return columns;
}

interface SignalColumn extends Column {
  readonly name: string;
  holds(value: SignalValue): boolean;
  push(row: number, value: SignalValue): void;
}

function newSignalColumn(name: string, value: SignalValue, rows: number): SignalColumn {
  if (typeof value === 'number') return new NumberColumn(name, rows);
  return typeof value === 'boolean' ? new BooleanColumn(name, rows) : new WordColumn(name, rows);
}

class NumberColumn implements SignalColumn {
  readonly name: string;
  readonly type: number;
  readonly #presence: Presence;
  readonly #values: Float64Array;
  #count = 0;

  constructor(name: string, rows: number, options: { readonly type?: number; readonly values?: Float64Array } = {}) {
    this.name = name;
    this.type = options.type ?? columnType.numbers;
    this.#presence = new Presence(rows);
    this.#values = options.values ?? new Float64Array(rows);
  }

  holds(value: SignalValue): boolean {
    return typeof value === 'number';
  }

  push(row: number, value: SignalValue): void {
    assert(typeof value === 'number', 'a number column takes numbers');
    this.#presence.mark(row);
    this.#values[this.#count++] = value;
  }

  write(out: ByteWriter): void {
    if (this.#count === 0) return;
    this.#presence.write(out);
    writeNumbers(out, this.#values, this.#count);
  }
}

class BooleanColumn implements SignalColumn {
  readonly name: string;
  readonly type = columnType.booleans;
  readonly #presence: Presence;
  readonly #bits: BitList;

  constructor(name: string, rows: number) {
    this.name = name;
    this.#presence = new Presence(rows);
    this.#bits = new BitList(rows);
  }

  holds(value: SignalValue): boolean {
    return typeof value === 'boolean';
  }

  push(row: number, value: SignalValue): void {
    this.#presence.mark(row);
    this.#bits.push(value === true);
  }

  write(out: ByteWriter): void {
    this.#presence.write(out);
    this.#bits.write(out);
  }
}

class WordColumn implements SignalColumn {
  readonly name: string;
  readonly type = columnType.words;
  readonly #presence: Presence;
  readonly #words: WordList;
  #empty = true;

  constructor(name: string, rows: number) {
    this.name = name;
    this.#presence = new Presence(rows);
    this.#words = new WordList(rows);
  }

  holds(value: SignalValue): boolean {
    return typeof value === 'string';
  }

  push(row: number, value: SignalValue): void {
    assert(typeof value === 'string', 'a word column takes words');
    this.#presence.mark(row);
    this.#words.push(value);
    this.#empty = false;
  }

  write(out: ByteWriter): void {
    if (this.#empty) return;
    this.#presence.write(out);
    this.#words.write(out);
  }
}
