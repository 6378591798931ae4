import type { DatabaseSync } from 'node:sqlite';
import type { QuarantineEntry } from '../admission/index.ts';
import type { BandPoint, EngineGlobals } from '../engine/index.ts';
import type { LogEntry } from '../log/index.ts';
import { answer, blob, openDatabase, openReadOnly } from '../sqlite/index.ts';
import type { Fact } from '../telemetry/index.ts';
import { Pauses } from './pauses.ts';

/** What a device is after the checkpoint's offset: snapshots as JSON text. */
export interface DeviceRow {
  readonly id: string;
  readonly admission: string;
  /** Undefined for a device the engine has not met. */
  readonly engine: string | undefined;
  readonly evaluated: number;
  readonly unstored: number;
}

export interface CheckpointMeta {
  /** The next log offset to process. */
  readonly next: number;
  readonly globals: EngineGlobals;
  /** Facts that make the catalogue as it was. */
  readonly facts: readonly Fact[];
  /** How far the telemetry server was when `unstored` was counted; undefined where there is none. */
  readonly forwarded: number | undefined;
  /** Offsets by service time, oldest first, for retention by age. */
  readonly ages: readonly { readonly at: number; readonly offset: number }[];
}

/** What one checkpoint adds: the state after `meta.next` and what the stretch before it left to keep. */
export interface CheckpointWrite {
  readonly meta: Omit<CheckpointMeta, 'facts'>;
  /** Given when they changed since the last checkpoint. */
  readonly facts: readonly Fact[] | undefined;
  /** Made one by one while they are written: all of them at once would fill the memory. */
  readonly devices: Iterable<DeviceRow>;
  readonly bands: readonly BandPoint[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly history: readonly LogEntry[];
}

/** The ring of a device's quarantine. */
export const quarantineMessagesMax = 1_000;
export const quarantineBytesMax = 10 * 1024 * 1024;

const schema = `
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
`;

const fileName = 'pipeline.sqlite';
const migrations = [schema];

/**
 * The pipeline's own memory: engine and admission state with the offset they belong to, in one transaction, so that
 * after any crash they agree. Beside them what the stretch left behind: bands, quarantine, and the records that
 * replays need after their part of the log is gone. Every write is keyed by the log, so repeats change nothing.
 */
export interface Checkpoint {
  /** Undefined before the first checkpoint. */
  meta(): CheckpointMeta | undefined;
  /** Every device, in the order in which they were first met. */
  devices(): Iterable<DeviceRow>;
  /**
   * One transaction that others have their turn in: until it resolves, nothing that it is made of may change. Rejects
   * with `store-failed` at a full disk and the like; nothing is changed then, and it may be tried again.
   */
  save(write: CheckpointWrite): Promise<void>;
  /** Those in [from, to), oldest first and at most `limit`, and before them the last one that is older. */
  bands(query: { device: string; signal: string; from: number; to: number; limit: number }): readonly BandPoint[];
  quarantineCount(device: string): number;
  /** Newest first. */
  quarantine(device: string, limit: number): readonly QuarantineEntry[];
  close(): void;
}

/** The checkpoint in one SQLite file, `pipeline.sqlite`, in a folder that exists. */
export function openCheckpoint(folder: string): Checkpoint {
  const db = openDatabase(folder, fileName, migrations);
  return new EmbeddedCheckpoint(db, () => db.close());
}

/** A checkpoint as its file holds it. */
export interface CheckpointInspection extends Pick<Checkpoint, 'meta' | 'devices' | 'close'> {
  /** Records with an offset in [from, to) that replays need for ever, in order. */
  history(from: number, to: number): Iterable<LogEntry>;
}

/** Looks at the checkpoint that no process has open, and changes nothing. Undefined when there is none. */
export function inspectCheckpoint(folder: string): CheckpointInspection | undefined {
  const opened = openReadOnly(folder, fileName, [migrations.length]);
  return opened && new EmbeddedCheckpoint(opened.db, opened.close);
}

class EmbeddedCheckpoint implements Checkpoint, CheckpointInspection {
  readonly #db: DatabaseSync;
  readonly #close: () => void;

  constructor(db: DatabaseSync, close: () => void) {
    this.#db = db;
    this.#close = close;
  }

  meta(): CheckpointMeta | undefined {
    const state = this.#value('state');
    if (state === undefined) return undefined;
    return { ...(JSON.parse(state) as Omit<CheckpointMeta, 'facts'>), facts: JSON.parse(this.#value('facts') ?? '[]') };
  }

  *devices(): Generator<DeviceRow> {
    const rows = this.#db.prepare('SELECT id, admission, engine, evaluated, unstored FROM device ORDER BY number');
    for (const row of rows.iterate()) {
      yield {
        id: String(row.id),
        admission: String(row.admission),
        engine: row.engine === null ? undefined : String(row.engine),
        evaluated: Number(row.evaluated),
        unstored: Number(row.unstored),
      };
    }
  }

  save(write: CheckpointWrite): Promise<void> {
    return answer(() => this.#save(write));
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

  async #save(write: CheckpointWrite): Promise<void> {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      await this.#saveDevices(write.devices);
      this.#saveBands(write.bands);
      await this.#saveQuarantine(write.quarantine);
      const history = this.#db.prepare('INSERT OR IGNORE INTO history ("offset", payload) VALUES (?, ?)');
      for (const entry of write.history) history.run(entry.offset, entry.payload);
      this.#setValue('state', JSON.stringify(write.meta));
      if (write.facts) this.#setValue('facts', JSON.stringify(write.facts));
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  async #saveDevices(devices: Iterable<DeviceRow>): Promise<void> {
    const pauses = new Pauses();
    const save = this.#db.prepare(`
      INSERT INTO device (id, admission, engine, evaluated, unstored) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET admission = excluded.admission, engine = excluded.engine,
        evaluated = excluded.evaluated, unstored = excluded.unstored`);
    for (const row of devices) {
      save.run(row.id, row.admission, row.engine ?? null, row.evaluated, row.unstored);
      if (pauses.due) await pauses.take();
    }
  }

  #saveBands(bands: readonly BandPoint[]): void {
    const save = this.#db.prepare('INSERT OR REPLACE INTO band (device, signal, at, low, high) VALUES (?, ?, ?, ?, ?)');
    for (const { device, signal, at, low, high } of bands) save.run(device, signal, at, low, high);
  }

  async #saveQuarantine(entries: readonly QuarantineEntry[]): Promise<void> {
    const pauses = new Pauses();
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
