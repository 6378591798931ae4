import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blob, integer } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import { encodeBlock, openBlock } from './block-codec.ts';

export interface StoredDevice {
  readonly id: number;
  /** Reports before this offset are in chunks. */
  readonly packed: number;
  /** Event time of the newest report in chunks. */
  readonly latestAt: number;
}

/** The devices that have chunks. Known ones are cached: a device takes some 100 bytes. */
export class DeviceTable {
  readonly #cache = new Map<string, StoredDevice>();
  readonly #find: StatementSync;
  readonly #latest: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #updateLatest: StatementSync;

  constructor(db: DatabaseSync) {
    this.#find = db.prepare('SELECT id, packed, latest_at FROM device WHERE name = ?');
    this.#latest = db.prepare('SELECT latest FROM device WHERE id = ?');
    this.#insert = db.prepare('INSERT INTO device (name, packed, latest_at, latest) VALUES (?, ?, ?, ?)');
    this.#update = db.prepare('UPDATE device SET packed = ? WHERE id = ?');
    this.#updateLatest = db.prepare('UPDATE device SET packed = ?, latest_at = ?, latest = ? WHERE id = ?');
  }

  find(name: string): StoredDevice | undefined {
    const known = this.#cache.get(name);
    if (known) return known;
    const row = this.#find.get(name);
    if (row === undefined) return undefined;
    const device = { id: integer(row.id), packed: integer(row.packed), latestAt: integer(row.latest_at) };
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
      : {
          id: Number(this.#insert.run(name, packed, newest.at, encodeBlock([newest])).lastInsertRowid),
          packed,
          latestAt: newest.at,
        };
    this.#cache.set(name, device);
    return device;
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
    return { id: device.id, packed, latestAt: newest.at };
  }
}
