import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { assert } from '../../base/index.ts';
import { answer, integer, openDatabase, transaction } from '../../sqlite/index.ts';
import { changeDevice, type Fact, type Maintenance } from '../../telemetry/index.ts';
import type {
  Credential,
  Device,
  DeviceQuery,
  LoggedFact,
  MaintenancePageQuery,
  PackVersion,
  Registry,
} from '../registry.ts';
import { maintenanceConditions, maintenanceCursor } from './maintenance.ts';
import {
  credentialOf,
  deviceOf,
  deviceRow,
  maintenanceOf,
  maintenanceRow,
  packOf,
  saveDeviceSql,
  saveMaintenanceSql,
} from './rows.ts';
import { registryMigrations } from './schema.ts';

const pageMax = 1_000;
/** Words of a search beyond this many are not looked at. */
const searchWordsMax = 16;
/** Expired credentials forgotten with each save of one that expires. */
const pruneMax = 100;

/** The registry in one SQLite file, `registry.sqlite`, in `folder`: each change is on disk when its promise resolves. */
export async function openEmbeddedRegistry(options: { readonly folder: string }): Promise<Registry> {
  return new EmbeddedRegistry(openDatabase(options.folder, 'registry.sqlite', registryMigrations));
}

class EmbeddedRegistry implements Registry {
  readonly #database: DatabaseSync;
  readonly #sql;
  readonly #deviceQueries = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#sql = {
      position: database.prepare('SELECT next FROM position'),
      move: database.prepare('UPDATE position SET next = ?'),
      device: database.prepare('SELECT * FROM device WHERE id = ?'),
      saveDevice: database.prepare(saveDeviceSql),
      savePack: database.prepare('INSERT INTO pack VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'),
      packsOf: database.prepare('SELECT * FROM pack WHERE product = ? ORDER BY version'),
      newestPacks: database.prepare(
        `SELECT * FROM pack WHERE (product, version) IN (SELECT product, max(version) FROM pack GROUP BY product)
         ORDER BY product`,
      ),
      maintenanceById: database.prepare('SELECT * FROM maintenance WHERE id = ?'),
      saveMaintenance: database.prepare(saveMaintenanceSql),
      credential: database.prepare(
        'SELECT * FROM credential WHERE kind = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)',
      ),
      saveCredential: database.prepare('INSERT OR REPLACE INTO credential VALUES (?, ?, ?, ?, ?, ?)'),
      forgetCredential: database.prepare('DELETE FROM credential WHERE kind = ? AND key = ?'),
      pruneCredentials: database.prepare(
        `DELETE FROM credential WHERE (kind, key) IN
         (SELECT kind, key FROM credential WHERE expires_at <= ? ORDER BY expires_at LIMIT ${pruneMax})`,
      ),
    };
  }

  apply(facts: readonly LoggedFact[], next: number): Promise<number> {
    return answer(() => {
      const before = this.#position();
      if (next <= before) return before;
      return transaction(this.#database, () => {
        for (const { offset, fact } of facts) {
          assert(offset < next, 'the cursor lies behind the facts that it covers');
          if (offset >= before) this.#follow(fact);
        }
        this.#sql.move.run(next);
        return next;
      });
    });
  }

  devices(query: DeviceQuery): Promise<{ readonly items: readonly Device[]; readonly next: string | null }> {
    return answer(() => {
      assert(query.limit >= 1, 'a page has at least one item');
      const limit = Math.min(query.limit, pageMax);
      const { where, values } = conditions(query);
      const found = this.#deviceQuery(where)
        .all(...values, limit + 1)
        .map(deviceOf);
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    });
  }

  packs(product?: string): Promise<readonly PackVersion[]> {
    return answer(() => {
      const rows = product === undefined ? this.#sql.newestPacks.all() : this.#sql.packsOf.all(product);
      return rows.map(packOf);
    });
  }

  maintenance(
    query: MaintenancePageQuery,
  ): Promise<{ readonly items: readonly Maintenance[]; readonly next: string | null }> {
    return answer(() => {
      assert(query.limit >= 1, 'a page has at least one item');
      const limit = Math.min(query.limit, pageMax);
      const { where, values } = maintenanceConditions(query);
      const sql = `SELECT * FROM maintenance ${where} ORDER BY from_at DESC, id DESC LIMIT ?`;
      const found = this.#database
        .prepare(sql)
        .all(...values, limit + 1)
        .map(maintenanceOf);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, next: found.length > limit && last !== undefined ? maintenanceCursor(last) : null };
    });
  }

  credential(kind: Credential['kind'], key: string, now: number): Promise<Credential | undefined> {
    return answer(() => {
      const row = this.#sql.credential.get(kind, key, now);
      return row === undefined ? undefined : credentialOf(row, kind);
    });
  }

  saveCredential(credential: Credential, remove = false): Promise<void> {
    return answer(() => {
      const { kind, key, hash, data, createdAt, expiresAt } = credential;
      transaction(this.#database, () => {
        if (remove) {
          this.#sql.forgetCredential.run(kind, key);
          return;
        }
        this.#sql.saveCredential.run(kind, key, hash, JSON.stringify(data), createdAt, expiresAt ?? null);
        // The creation time is never later than now, so nothing that still holds is forgotten.
        if (expiresAt !== undefined) this.#sql.pruneCredentials.run(createdAt);
      });
    });
  }

  close(): Promise<void> {
    return answer(() => {
      if (this.#database.isOpen) this.#database.close();
    });
  }

  /** Every connect asks for a device, so statements are kept; there are few hundred different ones. */
  #deviceQuery(where: string): StatementSync {
    const known = this.#deviceQueries.get(where);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(`SELECT * FROM device ${where} ORDER BY id LIMIT ?`);
    this.#deviceQueries.set(where, statement);
    return statement;
  }

  #position(): number {
    return integer(this.#sql.position.get()?.next);
  }

  #follow(fact: Fact): void {
    switch (fact.type) {
      case 'device-registered':
        if (this.#device(fact.device.id) !== undefined) return;
        this.#sql.saveDevice.run(deviceRow({ ...fact.device, retired: false, registeredAt: fact.at }));
        return;
      case 'device-changed':
        this.#change(fact.id, (device) => ({ ...device, ...changeDevice(device, fact.changes) }));
        return;
      case 'device-retired':
        this.#change(fact.id, (device) => ({ ...device, retired: true }));
        return;
      case 'readings-deleted':
        return;
      case 'pack-published':
        this.#sql.savePack.run(fact.product, fact.version, fact.at, fact.file, fact.source);
        return;
      case 'maintenance-planned': {
        const planned = { ...fact.plan, plannedAt: fact.at, endedAt: undefined, endedBy: undefined };
        this.#sql.saveMaintenance.run(maintenanceRow(planned));
        return;
      }
      case 'maintenance-ended': {
        const row = this.#sql.maintenanceById.get(fact.id);
        if (row === undefined) return;
        const ended = { ...maintenanceOf(row), endedAt: fact.at, endedBy: fact.by };
        this.#sql.saveMaintenance.run(maintenanceRow(ended));
      }
    }
  }

  #change(id: string, change: (device: Device) => Device): void {
    const device = this.#device(id);
    if (device !== undefined) this.#sql.saveDevice.run(deviceRow(change(device)));
  }

  #device(id: string): Device | undefined {
    const row = this.#sql.device.get(id);
    return row === undefined ? undefined : deviceOf(row);
  }
}

function conditions(query: DeviceQuery): { where: string; values: readonly SQLInputValue[] } {
  const terms: string[] = [];
  const values: SQLInputValue[] = [];
  const demand = (term: string, value: string | undefined): void => {
    if (value === undefined) return;
    terms.push(term);
    values.push(value);
  };
  demand('id = ?', query.id);
  demand('product = ?', query.product);
  demand('site = ?', query.site);
  demand('parent = ?', query.parent);
  demand('id > ?', query.cursor);
  const words = (query.q ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, searchWordsMax);
  for (const word of words) demand('instr(search, ?) > 0', word);
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}
