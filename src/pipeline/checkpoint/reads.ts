import type { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import type { QuarantineEntry } from '../../admission/index.ts';
import type { BandPoint, DaySnapshot, Position } from '../../engine/index.ts';
import type { LogEntry } from '../../log/index.ts';
import { blob, integer, text, textOrUndefined } from '../../sqlite/index.ts';
import type { Checkpoint, CheckpointInspection, CheckpointMeta, DeviceRow } from '../checkpoint.ts';

/** What the tables hold, by a connection that may be another than the one that writes: each call sees one state of them. */
export class CheckpointReads implements Omit<Checkpoint, 'save' | 'close'>, Omit<CheckpointInspection, 'close'> {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  meta(): CheckpointMeta | undefined {
    const state = this.#value('state');
    if (state === undefined) return undefined;
    return { ...(JSON.parse(state) as Omit<CheckpointMeta, 'facts'>), facts: JSON.parse(this.#value('facts') ?? '[]') };
  }

  *devices(): Generator<DeviceRow> {
    const rows = this.#db.prepare('SELECT * FROM device ORDER BY number');
    const hashes = this.#db.prepare('SELECT first, bytes FROM hashes WHERE number = ? ORDER BY first');
    for (const row of rows.iterate()) {
      const number = integer(row.number);
      const pages = hashes.all(number).map(({ first, bytes }) => ({ from: integer(first), bytes: blob(bytes) }));
      yield {
        number,
        id: text(row.id),
        admission: text(row.admission),
        engine: textOrUndefined(row.engine),
        evaluated: integer(row.evaluated),
        unstored: integer(row.unstored),
        hashes: pages,
        hashesFrom: pages[0]?.from ?? 0,
      };
    }
  }

  bands(query: { device: string; signal: string; from: number; to: number; limit: number }): BandPoint[] {
    const { device, signal, from, to, limit } = query;
    const before = this.#db
      .prepare('SELECT at, low, high FROM band WHERE device = ? AND signal = ? AND at < ? ORDER BY at DESC LIMIT 1')
      .all(device, signal, from);
    const inside = this.#db
      .prepare(
        'SELECT at, low, high FROM band WHERE device = ? AND signal = ? AND at >= ? AND at < ? ORDER BY at LIMIT ?',
      )
      .all(device, signal, from, to, limit);
    return [...before, ...inside].map((row) => ({
      device,
      signal,
      at: Number(row.at),
      low: Number(row.low),
      high: Number(row.high),
    }));
  }

  snapshotBefore(device: string, { at, offset, index }: Position): DaySnapshot | undefined {
    const row = this.#db
      .prepare(`
        SELECT day, at, "offset", "index", body FROM day_snapshot
        WHERE device = ? AND (at IS NULL OR (at, "offset", "index") < (?, ?, ?)) ORDER BY day DESC LIMIT 1`)
      .get(device, at, offset, index);
    if (row === undefined) return undefined;
    const position =
      row.at === null ? undefined : { at: integer(row.at), offset: integer(row.offset), index: integer(row.index) };
    return { device, day: integer(row.day), position, text: zstdDecompressSync(blob(row.body)).toString() };
  }

  quarantineCount(device: string): number {
    const row = this.#db.prepare('SELECT count(*) AS held FROM quarantine WHERE device = ?').get(device);
    return Number(row?.held ?? 0);
  }

  quarantine(device: string, limit: number): QuarantineEntry[] {
    const rows = this.#db
      .prepare('SELECT * FROM quarantine WHERE device = ? ORDER BY "offset" DESC, "index" DESC LIMIT ?')
      .all(device, limit);
    return rows.map((row) => ({
      device,
      offset: Number(row.offset),
      index: Number(row.index),
      receivedAt: Number(row.received_at),
      reason: String(row.reason),
      detail: String(row.detail),
      topic: String(row.topic),
      payload: row.payload instanceof Uint8Array ? row.payload : undefined,
      bytes: Number(row.bytes),
    }));
  }

  *history(from: number, to: number): Generator<LogEntry> {
    const rows = this.#db.prepare(
      'SELECT "offset", payload FROM history WHERE "offset" >= ? AND "offset" < ? ORDER BY "offset"',
    );
    for (const row of rows.iterate(from, to)) {
      yield { offset: Number(row.offset), payload: blob(row.payload) };
    }
  }

  #value(key: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM meta WHERE key = ?').get(key);
    return row ? String(row.value) : undefined;
  }
}
