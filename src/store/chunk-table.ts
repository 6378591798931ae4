import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { isAftercareError } from '../base/index.ts';
import { blob, integer } from '../sqlite/index.ts';
import type { Block } from './block.ts';
import { blockContentBytes, encodeRows, openBlock } from './block-codec.ts';
import { Sheet, sheetPlace } from './sheet.ts';
import { chunkState } from './sqlite.ts';

/** A chunk that a read may need; its body is fetched by {@link ChunkTable.open}. Bounds are inclusive. */
export interface ChunkPlace {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  /** Of {@link chunkState}. */
  readonly state: number;
}

/** A chunk that upkeep is to look at. */
export interface ChunkFacts {
  readonly id: number;
  readonly device: number;
  readonly state: number;
  readonly lastAt: number;
  readonly count: number;
}

export interface ChunkSizes {
  /** Reports that a full chunk has at least; it has less than twice as many. Smaller ones are merged. */
  readonly fullReports: number;
  /** Chunks of fewer reports are tiny … */
  readonly tinyReports: number;
  /** … and are merged when a device has so many of them, or up to twice as many. */
  readonly tinyChunksMax: number;
}

/** Content of a chunk from which on it is not merged any more. */
const fullBytes = 1_048_576;

/** Its multiples, less their whole parts, spread evenly over 0 to 1. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Classes of {@link spanClass}: 4^28 is beyond every difference of two safe integers. */
const classes = Array.from({ length: 29 }, (_, i) => i);

/** Chunks of a range of one device, by event time. */
const byTimeSql = classes
  .map(
    (c) => `SELECT id, first_at AS first, last_at AS last, state FROM chunk WHERE device = :device AND at_class = ${c}
      AND first_at > :from - ${4 ** c} AND first_at < :to AND last_at >= :from`,
  )
  .join(' UNION ALL ');

const rolledByTimeSql = classes
  .map(
    (c) => `SELECT id, first_at AS first, last_at AS last, state FROM chunk WHERE device = :device AND at_class = ${c}
      AND first_at > :from - ${4 ** c} AND first_at < :to AND last_at >= :from AND state = ${chunkState.rolled}`,
  )
  .join(' UNION ALL ');

/** Chunks of a range of offsets, rising by their first: SQLite merges the classes without sorting or gathering. */
const byOffsetSql = `${classes
  .map(
    (c) => `SELECT id, first_offset AS first, last_offset AS last, 0 AS state FROM chunk WHERE offset_class = ${c}
      AND first_offset > :from - ${4 ** c} AND first_offset < :to AND last_offset >= :from`,
  )
  .join(' UNION ALL ')} ORDER BY first`;

/** The table of chunks: what is appended to a device's reports, what is merged, and which chunks a read needs. */
export class ChunkTable {
  readonly #sizes: ChunkSizes;
  /** What is at work: filled and emptied within one call. */
  readonly #sheet = new Sheet(1_024);
  readonly #insert: StatementSync;
  readonly #delete: StatementSync;
  readonly #setState: StatementSync;
  readonly #smallOnes: StatementSync;
  readonly #unrolled: StatementSync;
  readonly #rolledByTime: StatementSync;
  readonly #oldest: StatementSync;
  readonly #firstUnrolled: StatementSync;
  readonly #removeSome: StatementSync;
  readonly #reportsOf: StatementSync;
  readonly #deviceOf: StatementSync;
  readonly #body: StatementSync;
  readonly #byTime: StatementSync;
  readonly #byOffset: StatementSync;
  readonly #bySeq: StatementSync;

  constructor(db: DatabaseSync, sizes: ChunkSizes) {
    this.#sizes = sizes;
    this.#insert = db.prepare(
      `INSERT INTO chunk (device, state, count, at_class, first_at, last_at, offset_class, first_offset, last_offset,
        seq_min, seq_max, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = db.prepare('DELETE FROM chunk WHERE id = ?');
    this.#setState = db.prepare('UPDATE chunk SET state = ? WHERE id = ?');
    this.#smallOnes = db.prepare(
      `SELECT id, count FROM chunk INDEXED BY chunk_unrolled
        WHERE state < ${chunkState.rolled} AND state = ${chunkState.small} AND device = ? ORDER BY id`,
    );
    this.#unrolled = db.prepare(
      `SELECT id, first_at AS first, last_at AS last, state FROM chunk INDEXED BY chunk_unrolled
        WHERE state < ${chunkState.rolled} AND device = ? ORDER BY id`,
    );
    this.#rolledByTime = db.prepare(`${rolledByTimeSql} LIMIT :limit`);
    this.#oldest = db.prepare(
      `SELECT id, device, state, last_at, count FROM chunk INDEXED BY chunk_last
        WHERE last_at < ? AND last_offset < ? ORDER BY last_at LIMIT ?`,
    );
    this.#firstUnrolled = db.prepare(
      `SELECT id, device, state, last_at, count FROM chunk INDEXED BY chunk_old
        WHERE state = ${chunkState.unrolled} AND id > ? ORDER BY id LIMIT 1`,
    );
    this.#removeSome = db.prepare(
      'DELETE FROM chunk WHERE id IN (SELECT id FROM chunk INDEXED BY chunk_at WHERE device = ? LIMIT ?)',
    );
    this.#reportsOf = db.prepare('SELECT total(count) AS reports FROM chunk INDEXED BY chunk_at WHERE device = ?');
    this.#deviceOf = db.prepare('SELECT device FROM chunk WHERE id = ?');
    this.#body = db.prepare('SELECT body FROM chunk WHERE id = ?');
    this.#byTime = db.prepare(byTimeSql);
    this.#byOffset = db.prepare(byOffsetSql);
    this.#bySeq = db.prepare(
      'SELECT id FROM chunk INDEXED BY chunk_at WHERE device = :device AND seq_min < :to AND seq_max >= :from',
    );
  }

  /**
   * Adds the next `count` reports of a device: `moveTo` adds them to a sheet, in log order. Small chunks before them are
   * taken in when together they fill a chunk, or when there are too many tiny ones: a report is rewritten a few times in
   * its life, and a device that reports rarely has few chunks all the same. Inside the caller's transaction. Where full
   * chunks come of it, answers their rows, which are to be rolled; valid until the next call.
   */
  append(device: number, count: number, moveTo: (sheet: Sheet) => void): Sheet | undefined {
    const small = this.#smallOnes.all(device).map((row) => ({ id: integer(row.id), count: integer(row.count) }));
    const sheet = this.#sheet;
    sheet.clear();
    for (const { id } of small.slice(this.#mergeFrom(device, small, count))) {
      const block = this.#openToMerge(id);
      if (block === undefined) continue;
      sheet.append(block);
      this.#delete.run(id);
    }
    moveTo(sheet);
    const pieces = Math.max(1, Math.floor(sheet.rows / this.#sizes.fullReports));
    let full = false;
    for (let i = 0; i < pieces; i++) {
      const start = Math.floor((i * sheet.rows) / pieces);
      full = this.#add(device, sheet.someRows(start, Math.floor(((i + 1) * sheet.rows) / pieces)));
    }
    return full ? sheet : undefined;
  }

  /** Ids of a device's chunks that are rolled and overlap [from, to) in event time, in log order. */
  rolledInTime(device: number, from: number, to: number): readonly number[] {
    return this.rolledByTime(device, { from, to }, Number.MAX_SAFE_INTEGER).map(({ id }) => id);
  }

  /** Rolled chunks that overlap a range in event time, at most so many; log order is the order of their ids. */
  rolledByTime(device: number, range: { readonly from: number; readonly to: number }, limit: number): ChunkPlace[] {
    const rows = this.#rolledByTime.all({ device, from: range.from, to: range.to, limit });
    return rows.map(chunkPlace).sort((a, b) => a.id - b.id);
  }

  /** Chunks of a device whose readings are in no hours, in log order. */
  unrolled(device: number): readonly ChunkPlace[] {
    return this.#unrolled.all(device).map(chunkPlace);
  }

  /** At most `limit` chunks of any device that are wholly before an event time and an offset, the oldest first. */
  oldest(before: number, offset: number, limit: number): readonly ChunkFacts[] {
    return this.#oldest.all(before, offset, limit).map(chunkFacts);
  }

  /** The next full chunk that is not rolled after a given one. */
  firstUnrolled(after: number): ChunkFacts | undefined {
    const row = this.#firstUnrolled.get(after);
    return row === undefined ? undefined : chunkFacts(row);
  }

  /** The rows of a chunk that is about to be rolled, which it counts as from now on. Valid until the next call. */
  takeToRoll(id: number): Sheet {
    const sheet = this.#sheet;
    sheet.clear();
    sheet.append(this.open(id));
    this.#setState.run(chunkState.rolled, id);
    return sheet;
  }

  remove(id: number): void {
    this.#delete.run(id);
  }

  /** Removes at most `chunksMax` chunks of a device; returns how many. */
  removeSome(device: number, chunksMax: number): number {
    return Number(this.#removeSome.run(device, chunksMax).changes);
  }

  /** Reports of a device that are in chunks. */
  reportsOf(device: number): number {
    return integer(this.#reportsOf.get(device)?.reports);
  }

  deviceOf(id: number): number {
    return integer(this.#deviceOf.get(id)?.device);
  }

  /** Chunks of a device that overlap [from, to) in event time; log order is the order of their ids. */
  byTime(device: number, from: number, to: number): readonly ChunkPlace[] {
    return this.#byTime.all({ device, from, to }).map(chunkPlace);
  }

  /** Chunks of any device that overlap [from, to) in log offsets, rising by their first offset. */
  *byOffset(from: number, to: number): Generator<ChunkPlace> {
    for (const row of this.#byOffset.iterate({ from, to })) yield chunkPlace(row);
  }

  /** Ids of a device's chunks that may hold `seq`, of any boot, in log order. */
  bySeq(device: number, from: number, to: number): readonly number[] {
    const ids = this.#bySeq.all({ device, from, to }).map((row) => integer(row.id));
    return ids.sort((a, b) => a - b);
  }

  open(id: number): Block {
    return openBlock(blob(this.#body.get(id)?.body));
  }

  /**
   * From which of the small chunks on they are merged with so many reports more; their number when none is. Devices
   * that started together fill up together: each has its own thresholds, so that their merges do not all fall into the
   * same few writes.
   */
  #mergeFrom(device: number, small: readonly { readonly count: number }[], more: number): number {
    const { fullReports, tinyReports, tinyChunksMax } = this.#sizes;
    const total = small.reduce((sum, chunk) => sum + chunk.count, more);
    const share = (device * goldenRatio) % 1;
    if (total >= fullReports * (1 + share)) return 0;
    const tiny = small.filter((chunk) => chunk.count < tinyReports).length;
    if (tiny + 1 < tinyChunksMax * (1 + share)) return small.length;
    return small.findIndex((chunk) => chunk.count < tinyReports);
  }

  /** A damaged chunk stays as it is, told by the reads that need it, and must not stop the writes that follow. */
  #openToMerge(id: number): Block | undefined {
    try {
      return this.open(id);
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
      this.#setState.run(chunkState.unrolled, id);
      return undefined;
    }
  }

  /** Whether the chunk is full. */
  #add(device: number, rows: Uint32Array): boolean {
    const sheet = this.#sheet;
    const [firstAt, lastAt] = rangeOf(sheet, rows, sheetPlace.at);
    const [seqMin, seqMax] = rangeOf(sheet, rows, sheetPlace.seq);
    const [firstOffset, lastOffset] = rangeOf(sheet, rows, sheetPlace.offset);
    const body = encodeRows(sheet, rows);
    const small = rows.length < this.#sizes.fullReports && blockContentBytes(body) < fullBytes;
    const seqs: SQLInputValue[] = seqMin <= seqMax ? [seqMin, seqMax] : [null, null];
    const atClass = spanClass(firstAt, lastAt);
    const offsetClass = spanClass(firstOffset, lastOffset);
    const facts = [device, small ? chunkState.small : chunkState.rolled, rows.length];
    const places = [atClass, firstAt, lastAt, offsetClass, firstOffset, lastOffset];
    this.#insert.run(...facts, ...places, ...seqs, body);
    return !small;
  }
}

/** The least and the most of one place; what is absent (NaN) does not count. */
function rangeOf(sheet: Sheet, rows: Uint32Array, place: (typeof sheetPlace)[keyof typeof sheetPlace]) {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = sheet.number(row, place);
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most] as const;
}

/** The least c with last − first < 4^c. */
function spanClass(first: number, last: number): number {
  let c = 0;
  while (last - first >= 4 ** c) c++;
  return c;
}

function chunkPlace(row: Record<string, SQLOutputValue>): ChunkPlace {
  return { id: integer(row.id), first: integer(row.first), last: integer(row.last), state: integer(row.state) };
}

function chunkFacts(row: Record<string, SQLOutputValue>): ChunkFacts {
  return {
    id: integer(row.id),
    device: integer(row.device),
    state: integer(row.state),
    lastAt: integer(row.last_at),
    count: integer(row.count),
  };
}
