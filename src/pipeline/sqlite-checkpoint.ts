import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { QuarantineEntry } from '../admission/index.ts';
import { hashBytes } from '../admission/index.ts';
import { assert } from '../base/index.ts';
import type { BandPoint, DaySnapshot, Position } from '../engine/index.ts';
import type { LogEntry } from '../log/index.ts';
import { answer, blob, integer, openDatabase, openReadOnly, text, textOrUndefined } from '../sqlite/index.ts';
import {
  type Checkpoint,
  type CheckpointInspection,
  type CheckpointMeta,
  type CheckpointWrite,
  checkpointFile,
  type DeviceRow,
  quarantineBytesMax,
  quarantineMessagesMax,
  snapshotDaysMax,
} from './checkpoint.ts';
import { Pauses } from './pauses.ts';

const layouts = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE device (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, admission TEXT NOT NULL, engine TEXT,
    evaluated INTEGER NOT NULL, unstored INTEGER NOT NULL
  );
  CREATE TABLE band (
    device TEXT NOT NULL, signal TEXT NOT NULL, at INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    PRIMARY KEY (device, signal, at)
  ) WITHOUT ROWID;
  CREATE TABLE quarantine (
    device TEXT NOT NULL, "offset" INTEGER NOT NULL, "index" INTEGER NOT NULL, received_at INTEGER NOT NULL,
    reason TEXT NOT NULL, detail TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB, bytes INTEGER NOT NULL,
    PRIMARY KEY (device, "offset", "index")
  ) WITHOUT ROWID;
  CREATE TABLE history ("offset" INTEGER PRIMARY KEY, payload BLOB NOT NULL);
`,
  `
  CREATE TABLE state (
    slot INTEGER PRIMARY KEY, round INTEGER NOT NULL, id TEXT NOT NULL, admission TEXT NOT NULL, engine TEXT,
    evaluated INTEGER NOT NULL, unstored INTEGER NOT NULL
  );
  INSERT INTO state
    SELECT 2 * (row_number() OVER (ORDER BY number) - 1), 0, id, admission, engine, evaluated, unstored FROM device;
  DROP TABLE device;
  CREATE VIEW device AS
    SELECT slot / 2 AS number, slot, id, admission, engine, evaluated, unstored FROM state AS held
    WHERE round = (
      SELECT max(round) FROM state
      WHERE slot IN (held.slot / 2 * 2, held.slot / 2 * 2 + 1)
        AND round <= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'round')
    );
  CREATE TABLE hashes (
    number INTEGER NOT NULL, first INTEGER NOT NULL, count INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (number, first)
  );
  INSERT INTO meta (key, value) VALUES ('round', '0');
`,
  `
  CREATE TABLE day_snapshot (
    device TEXT NOT NULL, day INTEGER NOT NULL, at INTEGER, "offset" INTEGER, "index" INTEGER, body BLOB NOT NULL,
    PRIMARY KEY (device, day)
  );
`,
];

/** Of device states in one transaction: what is written at once to file and log stands still for everything else. */
const sliceBytes = 256 * 1024;

/**
 * The checkpoint in one SQLite file, `pipeline.sqlite`, in a folder that exists.
 *
 * Each device has two slots (2 × number, + 1). A checkpoint writes into the one that the last checkpoint does not need,
 * slice by slice, and becomes the one that counts by its last transaction alone, which names its round. Rows of a later
 * round are what a crash left; the view `device` leaves them out. A page of hashes may be written over by a longer one
 * at any time: number n of a device is the same hash for ever.
 */
export function openCheckpoint(folder: string): Checkpoint {
  assert(checkpointFile.version === layouts.length, 'others read the tables that are written');
  const db = openDatabase(folder, checkpointFile.name, layouts);
  return new SqliteCheckpoint(db, () => db.close());
}

/** Looks at the checkpoint that no process has open, and changes nothing. Undefined when there is none. */
export function inspectCheckpoint(folder: string): CheckpointInspection | undefined {
  const opened = openReadOnly(folder, checkpointFile.name, [checkpointFile.version]);
  return opened && new SqliteCheckpoint(opened.db, opened.close);
}

class SqliteCheckpoint implements Checkpoint, CheckpointInspection {
  readonly #db: DatabaseSync;
  readonly #close: () => void;
  /** The slot of each device's last complete checkpoint. */
  readonly #slots = new Map<number, number>();
  #round: number;
  /** Rows of a round that did not come to its end may be there. */
  #isUnclean = true;

  constructor(db: DatabaseSync, close: () => void) {
    this.#db = db;
    this.#close = close;
    this.#round = Number(this.#value('round'));
    const rows = db.prepare('SELECT number, slot FROM device').all();
    for (const { number, slot } of rows) this.#slots.set(integer(number), integer(slot));
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

  save(write: CheckpointWrite, durable?: Promise<void>): Promise<void> {
    return answer(() => this.#save(write, durable));
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

  close(): void {
    this.#close();
  }

  async #save(write: CheckpointWrite, durable: Promise<void> | undefined): Promise<void> {
    if (this.#isUnclean) this.#dropUnfinished();
    this.#isUnclean = true;
    const round = this.#round + 1;
    const written = await this.#saveDevices(write, round);
    await durable;
    // Only the last transaction must reach the disk before it counts; what was written before it gets there with it.
    this.#db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      this.#saveBands(write.bands);
      await this.#saveSnapshots(write);
      await this.#saveQuarantine(write);
      const history = this.#db.prepare('INSERT OR IGNORE INTO history ("offset", payload) VALUES (?, ?)');
      for (const entry of write.history) history.run(entry.offset, entry.payload);
      this.#setValue('state', JSON.stringify(write.meta));
      this.#setValue('round', `${round}`);
      if (write.facts) this.#setValue('facts', JSON.stringify(write.facts));
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#round = round;
    this.#isUnclean = false;
    for (const [number, slot] of written) this.#slots.set(number, slot);
  }

  /** Gives the slots that were written, by device. */
  async #saveDevices({ devices, giveWay }: CheckpointWrite, round: number): Promise<Map<number, number>> {
    const written = new Map<number, number>();
    const pauses = new Pauses(undefined, giveWay);
    const save = this.#db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#db.exec('PRAGMA synchronous = NORMAL');
    let bytes = 0;
    try {
      for (const row of devices) {
        if (!this.#db.isTransaction) this.#db.exec('BEGIN IMMEDIATE');
        const { number, id, admission, engine, evaluated, unstored } = row;
        const slot = 2 * number + ((this.#slots.get(number) ?? 1) % 2 === 0 ? 1 : 0);
        save.run(slot, round, id, admission, engine ?? null, evaluated, unstored);
        written.set(number, slot);
        if (row.hashes.length > 0) this.#saveHashes(row);
        bytes += admission.length + (engine?.length ?? 0);
        if (bytes < sliceBytes && !pauses.due) continue;
        this.#db.exec('COMMIT');
        bytes = 0;
        await pauses.take();
      }
      if (this.#db.isTransaction) this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    return written;
  }

  #saveHashes({ number, hashes, hashesFrom }: DeviceRow): void {
    const save = this.#db.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)');
    for (const { from, bytes } of hashes) save.run(number, from, bytes.length / hashBytes, bytes);
    this.#db.prepare('DELETE FROM hashes WHERE number = ? AND first + count <= ?').run(number, hashesFrom);
  }

  #dropUnfinished(): void {
    this.#db.prepare('DELETE FROM state WHERE round > ?').run(this.#round);
    this.#isUnclean = false;
  }

  #saveBands(bands: readonly BandPoint[]): void {
    const save = this.#db.prepare('INSERT OR REPLACE INTO band (device, signal, at, low, high) VALUES (?, ?, ?, ?, ?)');
    for (const { device, signal, at, low, high } of bands) save.run(device, signal, at, low, high);
  }

  async #saveSnapshots({ snapshots, giveWay }: CheckpointWrite): Promise<void> {
    const pauses = new Pauses(undefined, giveWay);
    const save = this.#db.prepare('INSERT OR REPLACE INTO day_snapshot VALUES (?, ?, ?, ?, ?, ?)');
    const forget = this.#db.prepare(`
      DELETE FROM day_snapshot WHERE device = ?1
        AND day < (SELECT max(day) FROM day_snapshot WHERE device = ?1 AND day <= ?2)`);
    for (const { device, day, position, text: state } of snapshots) {
      const place = position ? [position.at, position.offset, position.index] : [null, null, null];
      save.run(device, day, ...place, zstdCompressSync(state));
      forget.run(device, day - snapshotDaysMax);
      if (pauses.due) await pauses.take();
    }
  }

  async #saveQuarantine({ quarantine: entries, giveWay }: CheckpointWrite): Promise<void> {
    const pauses = new Pauses(undefined, giveWay);
    const save = this.#db.prepare('INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (const entry of entries) {
      const { device, offset, index, receivedAt, reason, detail, topic, payload, bytes } = entry;
      save.run(device, offset, index, receivedAt, reason, detail, topic, payload ?? null, bytes);
      if (pauses.due) await pauses.take();
    }
    for (const device of new Set(entries.map((entry) => entry.device))) this.#trimQuarantine(device);
  }

  #trimQuarantine(device: string): void {
    this.#db
      .prepare(`
        DELETE FROM quarantine WHERE device = ?1 AND ("offset", "index") IN (
          SELECT "offset", "index" FROM (
            SELECT "offset", "index",
              row_number() OVER newest AS place, sum(length(coalesce(payload, ''))) OVER newest AS bytes
            FROM quarantine WHERE device = ?1 WINDOW newest AS (ORDER BY "offset" DESC, "index" DESC)
          ) WHERE place > ?2 OR bytes > ?3
        )`)
      .run(device, quarantineMessagesMax, quarantineBytesMax);
  }

  #value(key: string): string | undefined {
    const row = this.#db.prepare('SELECT value FROM meta WHERE key = ?').get(key);
    return row ? String(row.value) : undefined;
  }

  #setValue(key: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
  }
}
