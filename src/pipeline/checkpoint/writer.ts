import type { DatabaseSync } from 'node:sqlite';
import { zstdCompressSync } from 'node:zlib';
import type { QuarantineEntry } from '../../admission/index.ts';
import { answer, integer, transaction } from '../../sqlite/index.ts';
import { quarantineBytesMax, quarantineMessagesMax, snapshotDaysMax } from '../checkpoint.ts';
import { type CheckpointCalls, type CheckpointEnd, type DeviceItem, type KeptItem, Unpacking } from './batches.ts';

/** Writes checkpoints where it is called. Closes the database with itself. */
export function checkpointWriter(db: DatabaseSync): CheckpointCalls {
  const writer = new Writer(db);
  return {
    begin: () => answer(() => writer.begin()),
    devices: ({ items, numbers }) => answer(() => writer.devices(items, new Unpacking(numbers))).then(() => numbers),
    keep: ({ items, numbers }) => answer(() => writer.keep(items, new Unpacking(numbers))).then(() => numbers),
    complete: (end) => answer(() => writer.complete(end)),
    close: () => db.close(),
  };
}

class Writer {
  readonly #db: DatabaseSync;
  readonly #statements: ReturnType<typeof statementsOf>;
  /** The slot of each device's last complete checkpoint. */
  readonly #slots = new Map<number, number>();
  /** What the checkpoint that began last has written: slots by device. */
  readonly #written = new Map<number, number>();
  /** Devices of which it set something aside. */
  readonly #quarantined = new Set<string>();
  #round: number;
  /** Rows of a round that did not come to its end may be there. */
  #isUnclean = true;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = statementsOf(db);
    this.#round = Number(db.prepare("SELECT value FROM meta WHERE key = 'round'").get()?.value);
    const rows = db.prepare('SELECT number, slot FROM device').all();
    for (const { number, slot } of rows) this.#slots.set(integer(number), integer(slot));
  }

  begin(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    if (this.#isUnclean) this.#db.prepare('DELETE FROM state WHERE round > ?').run(this.#round);
    this.#isUnclean = true;
    this.#written.clear();
    this.#quarantined.clear();
    this.#db.exec('PRAGMA synchronous = NORMAL');
  }

  devices(items: readonly DeviceItem[], unpacking: Unpacking): void {
    const round = this.#round + 1;
    transaction(this.#db, () => {
      for (const item of items) {
        const { number, id, admission, engine, evaluated, unstored } = item;
        const slot = 2 * number + ((this.#slots.get(number) ?? 1) % 2 === 0 ? 1 : 0);
        const state = engine ? unpacking.text(engine) : null;
        this.#statements.state.run(slot, round, id, admission, state, evaluated, unstored);
        this.#written.set(number, slot);
        if (item.hashes.length > 0) this.#saveHashes(item);
      }
    });
  }

  keep(items: readonly KeptItem[], unpacking: Unpacking): void {
    this.#last(() => {
      for (const item of items) {
        if (item.kind === 'band') {
          const { device, signal, at, low, high } = item.band;
          this.#statements.band.run(device, signal, at, low, high);
        } else if (item.kind === 'snapshot') this.#saveSnapshot(item, unpacking);
        else if (item.kind === 'quarantine') this.#saveQuarantine(item.entry);
        else this.#statements.history.run(item.entry.offset, item.entry.payload);
      }
    });
  }

  complete({ meta, facts }: CheckpointEnd): void {
    this.#last(() => {
      for (const device of this.#quarantined) {
        this.#statements.trimQuarantine.run(device, quarantineMessagesMax, quarantineBytesMax);
      }
      this.#setValue('state', JSON.stringify(meta));
      this.#setValue('round', `${this.#round + 1}`);
      if (facts !== undefined) this.#setValue('facts', facts);
      this.#db.exec('COMMIT');
    });
    this.#round += 1;
    this.#isUnclean = false;
    for (const [number, slot] of this.#written) this.#slots.set(number, slot);
  }

  /** In the last transaction, which stays open until the checkpoint is complete. */
  #last(work: () => void): void {
    // It alone must reach the disk before the checkpoint counts; what was written before it gets there with it.
    if (!this.#db.isTransaction) this.#db.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
    try {
      work();
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #saveHashes({ number, hashes, hashesFrom }: DeviceItem): void {
    for (const { from, count, bytes } of hashes) this.#statements.hashes.run(number, from, count, bytes);
    this.#statements.forgetHashes.run(number, hashesFrom);
  }

  #saveSnapshot(item: Extract<KeptItem, { kind: 'snapshot' }>, unpacking: Unpacking): void {
    const { device, day, position, state } = item;
    const place = position ? [position.at, position.offset, position.index] : [null, null, null];
    this.#statements.snapshot.run(device, day, ...place, zstdCompressSync(unpacking.text(state)));
    this.#statements.forgetSnapshots.run(device, day - snapshotDaysMax);
  }

  #saveQuarantine(entry: QuarantineEntry): void {
    const { device, offset, index, receivedAt, reason, detail, topic, payload, bytes } = entry;
    this.#statements.quarantine.run(device, offset, index, receivedAt, reason, detail, topic, payload ?? null, bytes);
    this.#quarantined.add(device);
  }

  #setValue(key: string, value: string): void {
    this.#statements.meta.run(key, value);
  }
}

function statementsOf(db: DatabaseSync) {
  return {
    state: db.prepare('INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?, ?, ?)'),
    hashes: db.prepare('INSERT OR REPLACE INTO hashes VALUES (?, ?, ?, ?)'),
    forgetHashes: db.prepare('DELETE FROM hashes WHERE number = ? AND first + count <= ?'),
    band: db.prepare('INSERT OR REPLACE INTO band (device, signal, at, low, high) VALUES (?, ?, ?, ?, ?)'),
    snapshot: db.prepare('INSERT OR REPLACE INTO day_snapshot VALUES (?, ?, ?, ?, ?, ?)'),
    forgetSnapshots: db.prepare(`
      DELETE FROM day_snapshot WHERE device = ?1
        AND day < (SELECT max(day) FROM day_snapshot WHERE device = ?1 AND day <= ?2)`),
    quarantine: db.prepare('INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    trimQuarantine: db.prepare(`
      DELETE FROM quarantine WHERE device = ?1 AND ("offset", "index") IN (
        SELECT "offset", "index" FROM (
          SELECT "offset", "index",
            row_number() OVER newest AS place, sum(length(coalesce(payload, ''))) OVER newest AS bytes
          FROM quarantine WHERE device = ?1 WINDOW newest AS (ORDER BY "offset" DESC, "index" DESC)
        ) WHERE place > ?2 OR bytes > ?3
      )`),
    history: db.prepare('INSERT OR IGNORE INTO history ("offset", payload) VALUES (?, ?)'),
    meta: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
  };
}
