import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blob, integer, text } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import { encodeBlock, openBlock } from './block-codec.ts';
import { beforeAll } from './sqlite.ts';

export interface StoredDevice {
  readonly id: number;
  /** Reports before this offset are in chunks. */
  readonly packed: number;
  /** Event time of the newest report in chunks; {@link beforeAll} when there is none. */
  readonly latestAt: number;
  /** All readings in hours are older. */
  readonly rolledUntil: number;
  /** Hours before this event time may lack chunks: of them, only what they came to is known. */
  readonly rawFrom: number;
  /** Reports before this log offset were deleted; 0 when none were. */
  readonly deletedBefore: number;
}

/** The devices that have chunks. Known ones are cached: a device takes some 100 bytes. */
export class DeviceTable {
  readonly #cache = new Map<string, StoredDevice>();
  readonly #find: StatementSync;
  readonly #nameOf: StatementSync;
  readonly #latest: StatementSync;
  readonly #rename: StatementSync;
  readonly #remove: StatementSync;
  readonly #deleted: StatementSync;
  readonly #setRolled: StatementSync;
  readonly #addLetGo: StatementSync;
  readonly #setDeleted: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateLatest: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare(
      'SELECT id, packed, latest_at, rolled_until, raw_from, deleted_before FROM device WHERE name = ?',
    );
    this.#nameOf = db.prepare('SELECT name FROM device WHERE id = ?');
    this.#latest = db.prepare('SELECT latest FROM device WHERE id = ?');
    this.#addLetGo = db.prepare('UPDATE device SET let_go = let_go + ? WHERE id = ? AND let_go >= 0');
    this.#setDeleted = db.prepare(
      `UPDATE device SET deleted_before = :before,
        let_go = (SELECT CASE WHEN old.let_go < 0 THEN -1 ELSE old.let_go + :count END FROM device old WHERE old.id = :old)
        WHERE id = :id`,
    );
    this.#insert = db.prepare('INSERT INTO device (name, packed, latest_at, latest) VALUES (?, ?, ?, ?)');
    this.#update = db.prepare('UPDATE device SET packed = ? WHERE id = ?');
    this.#rename = db.prepare('UPDATE device SET name = ? WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM device WHERE id = ?');
    this.#deleted = db.prepare(`SELECT id FROM device WHERE instr(name, char(10)) > 0`);
    this.#setRolled = db.prepare('UPDATE device SET rolled_until = ?, raw_from = ? WHERE id = ?');
    this.#updateLatest = db.prepare('UPDATE device SET packed = ?, latest_at = ?, latest = ? WHERE id = ?');
  }

  find(name: string): StoredDevice | undefined {
    const known = this.#cache.get(name);
    if (known) return known;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const device = {
      id: integer(row.id),
      packed: integer(row.packed),
      latestAt: integer(row.latest_at),
      rolledUntil: integer(row.rolled_until),
      rawFrom: integer(row.raw_from),
      deletedBefore: integer(row.deleted_before),
    };
    this.#cache.set(name, device);
    return device;
  }

  /** The newest report in chunks. */
  latest(id: number): Report {
    return openBlock(blob(this.#latest.get(id)?.latest)).report(0);
  }

  /** Notes that the device's reports before `packed` are in chunks, `newest` the newest of those moved now. */
  pack(name: string, packed: number, newest: Report): StoredDevice {
    const known = this.find(name);
    const device = known
      ? this.#change(known, packed, newest)
      : this.#make(name, packed, { latestAt: newest.at, latest: encodeBlock([newest]) });
    this.#cache.set(name, device);
    return device;
  }

  findById(id: number): StoredDevice | undefined {
    const name = this.#nameOf.get(id)?.name;
    return name === undefined ? undefined : this.find(text(name));
  }

  setRolled(id: number, rolledUntil: number, rawFrom: number): void {
    this.#setRolled.run(rolledUntil, rawFrom, id);
    const name = text(this.#nameOf.get(id)?.name);
    const known = this.#cache.get(name);
    if (known) this.#cache.set(name, { ...known, rolledUntil, rawFrom });
  }

  /** So many reports of the device went on purpose. */
  addLetGo(id: number, count: number): void {
    this.#addLetGo.run(count, id);
  }

  /**
   * Parts a device from its chunks, which wait to be removed; its reports before `packed`, `count` by now, are gone. What
   * comes of it later is a new device's to the store.
   */
  forsake(name: string, packed: number, count: number): void {
    const known = this.find(name);
    if (known) this.#rename.run(`${name}\n${known.id}`, known.id);
    const made = this.#make(name, packed, { latestAt: beforeAll, latest: new Uint8Array() });
    this.#setDeleted.run({ before: packed, count, old: known?.id ?? made.id, id: made.id });
    this.#cache.set(name, { ...made, deletedBefore: packed });
  }

  /** Ids of the devices whose chunks wait to be removed. */
  forsaken(): readonly number[] {
    return this.#deleted.all().map((row) => integer(row.id));
  }

  remove(id: number): void {
    this.#remove.run(id);
  }

  /** The cache may hold what a transaction that was rolled back wrote. */
  forget(): void {
    this.#cache.clear();
  }

  #change(device: StoredDevice, packed: number, newest: Report): StoredDevice {
    if (newest.at < device.latestAt) {
      this.#update.run(packed, device.id);
      return { ...device, packed };
    }
    this.#updateLatest.run(packed, newest.at, encodeBlock([newest]), device.id);
    return { ...device, packed, latestAt: newest.at };
  }

  #make(name: string, packed: number, { latestAt, latest }: { latestAt: number; latest: Uint8Array }): StoredDevice {
    const id = Number(this.#insert.run(name, packed, latestAt, latest).lastInsertRowid);
    return { id, packed, latestAt, rolledUntil: beforeAll, rawFrom: beforeAll, deletedBefore: 0 };
  }
}
