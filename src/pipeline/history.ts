import type { DatabaseSync } from 'node:sqlite';
import { assert } from '../base/index.ts';
import { blob, integer, openShared } from '../sqlite/index.ts';
import { decodeRecord, type FactRecord, type ResumedRecord } from '../telemetry/index.ts';
import { checkpointFile } from './checkpoint.ts';

/** A fact, or a return of the service, with its place in the log. */
export interface HistoryRecord {
  readonly offset: number;
  readonly record: FactRecord | ResumedRecord;
}

/** Service time by log offset, both rising. In memory that threads can share. */
export interface Ticks {
  readonly offsets: Float64Array<SharedArrayBuffer>;
  readonly at: Float64Array<SharedArrayBuffer>;
}

/** The history has been the same since the first version of the tables. */
const readableVersions = Array.from({ length: checkpointFile.version }, (_, index) => index + 1);

/** Everything but messages that the log ever held, as a replay reads it while a service may be writing on. */
export interface History {
  /** What lies before this log offset is complete, here and in the store. */
  readonly next: number;
  /** In log order. */
  records(): readonly HistoryRecord[];
  /** Those with a service time in [from, to). */
  ticks(from: number, to: number): Ticks;
  close(): void;
}

/**
 * Opens the history, whoever else uses it. Undefined when there is none, or nothing in it yet. Errors:
 * `data-folder-unusable`.
 */
export function openHistory(folder: string): History | undefined {
  const db = openShared(folder, checkpointFile.name, readableVersions);
  if (db === undefined) return undefined;
  const row = db.prepare(`SELECT json_extract(value, '$.next') AS next FROM meta WHERE key = 'state'`).get();
  if (row) return new SharedHistory(db, integer(row.next));
  db.close();
  return undefined;
}

/** The place of `tick` in a record's bytes: ticks are nearly all of the history, and are passed over without decoding. */
const tickPattern = `x'${Buffer.from('tick"').toString('hex')}'`;
const kindAt = '\u0002{"kind":"'.length + 1;
const isTick = `substr(payload, ${kindAt}, 5) = ${tickPattern}`;

class SharedHistory implements History {
  readonly next: number;
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync, next: number) {
    this.#db = db;
    this.next = next;
  }

  records(): readonly HistoryRecord[] {
    const rows = this.#db.prepare(
      `SELECT "offset", payload FROM history WHERE "offset" < ? AND NOT ${isTick} ORDER BY "offset"`,
    );
    const records: HistoryRecord[] = [];
    for (const row of rows.iterate(this.next)) {
      const record = decodeRecord(blob(row.payload));
      assert(record.kind === 'fact' || record.kind === 'resumed', 'the history holds no messages');
      records.push({ offset: integer(row.offset), record });
    }
    return records;
  }

  ticks(from: number, to: number): Ticks {
    const at = `CAST(substr(payload, ${kindAt + '"tick","at":'.length - 1}) AS TEXT)`;
    const wanted = `"offset" < ? AND ${isTick} AND CAST(${at} AS INTEGER) >= ? AND CAST(${at} AS INTEGER) < ?`;
    const count = integer(
      this.#db.prepare(`SELECT count(*) AS count FROM history WHERE ${wanted}`).get(this.next, from, to)?.count,
    );
    const ticks = { offsets: shared(count), at: shared(count) };
    const rows = this.#db.prepare(
      `SELECT "offset", CAST(${at} AS INTEGER) AS at FROM history WHERE ${wanted} ORDER BY "offset"`,
    );
    let index = 0;
    for (const row of rows.iterate(this.next, from, to)) {
      ticks.offsets[index] = integer(row.offset);
      ticks.at[index++] = integer(row.at);
    }
    return ticks;
  }

  close(): void {
    this.#db.close();
  }
}

function shared(count: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT));
}
