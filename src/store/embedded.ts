import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';
import { AftercareError, assert } from '../base/index.ts';
import { blob, drain, integer, sync } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import { encodeRows, openBlock } from './block-codec.ts';
import { type ChunkSizes, ChunkTable } from './chunk-table.ts';
import { DeviceTable } from './device-table.ts';
import { Disk, type StoreSpace } from './disk.ts';
import { blockRows, FirstRows, makeReports } from './first-rows.ts';
import { assertLogOrder, newestFirst, timeOrder } from './log-order.ts';
import { OffsetPages } from './offset-pages.ts';
import { type RecentLimits, RecentReports, rowOf } from './recent-reports.ts';
import { RollupTable } from './rollup-table.ts';
import { Series } from './series.ts';
import { type Reports, Sheet, sheetPlace } from './sheet.ts';
import { beforeAll, openDatabase, storeFailure, translated } from './sqlite.ts';
import type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from './store.ts';
import { type Retention, Upkeep } from './upkeep.ts';

const reportsMax = 10_000;
const devicesMax = 1_000;
const pointsMax = 5_000;

/** Sizes that trade memory, file size and work against each other; the defaults serve up to some 10,000 devices. */
export interface EmbeddedStoreSizes extends ChunkSizes {
  readonly recent: RecentLimits;
  /** Reports that are read at once for who reads page after page by offset. */
  readonly aheadReports: number;
  /** Full chunks that a chart reads although its buckets are of hours or more. */
  readonly fewChunks: number;
}

const defaultSizes: EmbeddedStoreSizes = {
  fullReports: 512,
  tinyReports: 16,
  tinyChunksMax: 16,
  recent: { reportsMax: 131_072, writesMax: 4_096, bytesMax: 25_165_824 },
  aheadReports: 65_536,
  fewChunks: 16,
};

export interface EmbeddedStoreOptions {
  /** Made when absent. */
  readonly folder: string;
  readonly sizes?: Partial<EmbeddedStoreSizes>;
  /** What the store may hold; beyond it, writes are refused with `store-failed`. Absent: as much as the disk does. */
  readonly bytesMax?: number | undefined;
}

/** What the embedded store does beside answering. */
export interface EmbeddedStore extends TelemetryStore {
  /**
   * Deletes what is stored of a device. From the call on no answer holds any of it, also after a crash; it resolves when
   * its room is free for what comes, which is done in short steps between other work. What is stored later stays. The
   * file does not get smaller.
   */
  delete(device: string): Promise<void>;
  /**
   * The same for the device's reports before a log offset, at which the store ends now; its room is freed by
   * {@link keepUp}. Asked for again, nothing happens: what was stored since stays.
   */
  forsake(device: string, before: number): Promise<void>;
  /**
   * One short step of the work that can wait: frees what was deleted, makes the hours of chunks from before there were
   * hours, lets old reports go. A report goes with its whole chunk, when all of it is old. True while there is more.
   */
  keepUp(retention?: Retention): Promise<boolean>;
  space(): StoreSpace;
}

/**
 * Opens the store that needs nothing but a folder. It keeps every report with its log offset, and two of one time.
 * Rejects with `store-failed` when the file cannot be used.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<EmbeddedStore> {
  return openSqliteStore(options);
}

/** The same, for who has sheets to write. */
export function openSqliteStore(options: EmbeddedStoreOptions): SqliteStore {
  const db = openDatabase(options.folder);
  try {
    const disk = new Disk(db, options.folder, options.bytesMax);
    return new SqliteStore(db, { ...defaultSizes, ...options.sizes }, disk);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** What the store keeps in memory of its file; made anew from the file after a write that failed. */
interface Held {
  cursor: number;
  readonly recent: RecentReports;
}

export class SqliteStore implements EmbeddedStore {
  readonly #db: DatabaseSync;
  readonly #recentLimits: RecentLimits;
  readonly #fullReports: number;
  readonly #chunks: ChunkTable;
  readonly #devices: DeviceTable;
  readonly #rollups: RollupTable;
  readonly #series: Series;
  readonly #pages: OffsetPages;
  readonly #upkeep: Upkeep;
  readonly #disk: Disk;
  readonly #addRecent: StatementSync;
  readonly #dropRecent: StatementSync;
  readonly #setCursor: StatementSync;
  #held: Held | undefined;

  constructor(db: DatabaseSync, sizes: EmbeddedStoreSizes, disk: Disk) {
    this.#db = db;
    this.#recentLimits = sizes.recent;
    this.#fullReports = sizes.fullReports;
    this.#chunks = new ChunkTable(db, sizes);
    this.#devices = new DeviceTable(db);
    this.#rollups = new RollupTable(db, this.#chunks, this.#devices);
    const { fewChunks } = sizes;
    this.#series = new Series({ chunks: this.#chunks, devices: this.#devices, rollups: this.#rollups, fewChunks });
    this.#pages = new OffsetPages(this.#chunks, sizes.aheadReports, () => this.#upkeep.forsaken);
    this.#upkeep = new Upkeep({ chunks: this.#chunks, rollups: this.#rollups, devices: this.#devices });
    this.#disk = disk;
    this.#addRecent = db.prepare('INSERT INTO recent (next, body) VALUES (?, ?)');
    this.#dropRecent = db.prepare('DELETE FROM recent WHERE next <= ?');
    this.#setCursor = db.prepare('UPDATE cursor SET next = ?');
    this.#held = this.#load();
  }

  async write(reports: Reports, next: number): Promise<void> {
    assertLogOrder(reports, next);
    this.writeSheet(Sheet.of(reports), next);
  }

  /** As {@link write}, of reports in log order. The sheet is the store's own from then on. */
  writeSheet(sheet: Sheet, next: number): void {
    this.#run('be written', (held) => {
      if (next <= held.cursor) return;
      this.#disk.assertRoom();
      this.#change(() => this.#add(held, sheet, next));
      held.cursor = next;
    });
  }

  async sync(): Promise<void> {
    try {
      await this.#run('be written', () => drain(this.#db));
    } catch (error) {
      throw storeFailure('be written', error);
    }
    this.#run('be written', () => sync(this.#db));
  }

  async delete(device: string): Promise<void> {
    this.#run('be written', (held) => {
      const isKnown = this.#devices.find(device) !== undefined || held.recent.countOf(device) > 0;
      if (isKnown) this.#forsake(held, device);
    });
    while (this.#run('be written', () => this.#change(() => this.#upkeep.free()))) await turn();
  }

  async forsake(device: string, before: number): Promise<void> {
    this.#run('be written', (held) => {
      if ((this.#devices.find(device)?.deletedBefore ?? 0) >= before) return;
      assert(held.cursor === before, 'a deletion comes before what follows it is stored');
      this.#forsake(held, device);
    });
  }

  async keepUp(retention?: Retention): Promise<boolean> {
    return this.#run('be written', (held) =>
      this.#change(() => {
        if (this.#upkeep.free() || this.#upkeep.roll()) return true;
        if (retention === undefined) return false;
        const packed = this.#packOld(held, retention);
        const went = this.#upkeep.letGo(retention);
        if (went) this.#pages.forget();
        return packed || went;
      }),
    );
  }

  space(): StoreSpace {
    return this.#run('be read', () => this.#disk.space());
  }

  async cursor(): Promise<number> {
    return this.#run('be read', (held) => held.cursor);
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    assert(query.pointsMax >= 1 && query.pointsMax <= pointsMax, `1 to ${pointsMax} points a call`);
    return this.#run('be read', (held) => this.#series.read(query, held.recent));
  }

  async latest(devices: readonly string[]): Promise<ReadonlyMap<string, Report>> {
    assert(devices.length <= devicesMax, `at most ${devicesMax} devices a call`);
    return this.#run('be read', (held) => {
      const latest = new Map<string, Report>();
      for (const name of devices) {
        const device = this.#devices.find(name);
        const recent = held.recent.newest(name);
        const at = recent?.sheet.number(recent.row, sheetPlace.at) ?? beforeAll;
        if (device && device.latestAt > at) latest.set(name, this.#devices.latest(device.id));
        else if (recent) latest.set(name, recent.sheet.report(recent.row));
      }
      return latest;
    });
  }

  async reports(query: ReportsQuery): Promise<readonly Report[]> {
    if (query.by !== 'identity') assert(query.limit <= reportsMax, `at most ${reportsMax} reports a call`);
    return this.#run('be read', (held) => {
      if (query.by === 'offset') return this.#pages.read(query, held.recent);
      return query.by === 'time' ? this.#byTime(query, held.recent) : this.#byIdentity(query, held.recent);
    });
  }

  async close(): Promise<void> {
    if (this.#db.isOpen) translated('be closed', () => this.#db.close());
  }

  #run<T>(purpose: string, work: (held: Held) => T): T {
    if (!this.#db.isOpen) throw new AftercareError('store-failed', 'the telemetry store is closed');
    return translated(purpose, () => {
      this.#held ??= this.#load();
      return work(this.#held);
    });
  }

  /** All or nothing, in the file and in memory. */
  #change<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#held = undefined;
      this.#devices.forget();
      this.#upkeep.forget();
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #forsake(held: Held, device: string): void {
    const known = this.#devices.find(device);
    const recent = held.recent.countOf(device);
    this.#change(() => {
      this.#devices.forsake(device, held.cursor, recent + (known ? this.#chunks.reportsOf(known.id) : 0));
      held.recent.take(device, undefined);
      this.#dropEmptyWrites(held.recent);
    });
    if (known) this.#upkeep.forsake(known.id);
    this.#pages.forget();
  }

  /** The reports in memory of a device that has been silent for so long go to a chunk, which can go then. */
  #packOld({ recent, cursor }: Held, { before, offset }: Retention): boolean {
    const device = recent.front;
    const newest = device === undefined ? undefined : recent.newest(device);
    if (device === undefined || newest === undefined || cursor > offset) return false;
    if (newest.sheet.number(newest.row, sheetPlace.at) >= before) return false;
    this.#pack(recent, device, cursor);
    this.#dropEmptyWrites(recent);
    return true;
  }

  /** Inside a transaction: the reports go to memory, full devices to chunks, what is left of them to `recent`. */
  #add({ recent, cursor }: Held, sheet: Sheet, next: number): void {
    const fresh = rowsFrom(sheet, cursor);
    if (fresh.length > 0) {
      recent.add(sheet, fresh, next);
      this.#makeRoom(recent, fresh.length, next);
      for (const rows of recent.leftOfLast()) this.#addRecent.run(next, encodeRows(sheet, rows));
      this.#dropEmptyWrites(recent);
    }
    this.#setCursor.run(next);
  }

  /**
   * Packs as much as came in, and a little more: so no write takes long, and memory is bounded all the same. Beyond
   * twice its limits there is no mercy.
   */
  #makeRoom(recent: RecentReports, came: number, next: number): void {
    let budget = 2 * came + packReportsMin;
    const pack = (device: string, count: number) => {
      budget -= packCost + count;
      this.#pack(recent, device, next, count);
    };
    // A report that shares its time with one in its hour already would have the whole hour made again.
    for (let device = recent.full; budget > 0 && device !== undefined; device = recent.full) {
      pack(device, recent.beforeNewestTime(device));
    }
    for (let device = recent.front; device !== undefined; device = recent.front) {
      if (!recent.isOver(budget > 0 ? 1 : 2)) break;
      pack(device, recent.countOf(device));
      this.#dropEmptyWrites(recent);
    }
  }

  /** The oldest so many reports of a device go to its chunks; all of them lie before `next`. */
  #pack(recent: RecentReports, name: string, next: number, count = recent.countOf(name)): void {
    const newest = recent.newest(name, count);
    assert(newest !== undefined, 'a device in memory has reports');
    const packed = recent.offsetAt(name, count) ?? next;
    const { id } = this.#devices.pack(name, packed, newest.sheet.report(newest.row));
    const full = this.#chunks.append(id, count, (into) => recent.take(name, into, count));
    if (full) this.#rollups.roll(id, full);
  }

  #dropEmptyWrites(recent: RecentReports): void {
    const dropped = recent.dropEmptyWrites();
    if (dropped !== undefined) this.#dropRecent.run(dropped);
  }

  #byTime(query: ReportsQuery & { by: 'time' }, recent: RecentReports): readonly Report[] {
    const { from, to } = range(query);
    const { descending, limit } = query;
    const first = new FirstRows(descending ? newestFirst : timeOrder, limit);
    for (const place of recent.of(query.device)) {
      const row = rowOf(place);
      if (row.at >= from && row.at < to) first.offer(row);
    }
    const device = this.#devices.find(query.device);
    const places = device ? this.#chunks.byTime(device.id, from, to) : [];
    for (const place of places.toSorted((a, b) => (descending ? b.last - a.last : a.first - b.first))) {
      const { bound } = first;
      if (bound && (descending ? place.last < bound.at : place.first > bound.at)) break;
      for (const row of blockRows(this.#chunks.open(place.id))) if (row.at >= from && row.at < to) first.offer(row);
      first.settle();
    }
    return makeReports(first.rows());
  }

  #byIdentity(query: ReportsQuery & { by: 'identity' }, recent: RecentReports): readonly Report[] {
    const device = this.#devices.find(query.device);
    const found: Report[] = [];
    const { boot, seq: first, seqs: numbers = 1 } = query;
    const isAsked = (seq: unknown) => typeof seq === 'number' && seq >= first && seq < first + numbers;
    for (const id of device ? this.#chunks.bySeq(device.id, first, first + numbers) : []) {
      const block = this.#chunks.open(id);
      const seqs = block.seqs();
      const boots = block.boots();
      for (let row = 0; row < block.rows; row++) {
        if (isAsked(seqs[row]) && boots[row] === boot) found.push(block.report(row));
      }
    }
    for (const { sheet, row } of recent.of(query.device)) {
      const isIt = isAsked(sheet.number(row, sheetPlace.seq)) && sheet.word(row, sheetPlace.boot) === boot;
      if (isIt) found.push(sheet.report(row));
    }
    return found;
  }

  /** Rows of a write in log order, without those that are in chunks. */
  #unpacked(sheet: Sheet): readonly number[] {
    const rows: number[] = [];
    for (const row of sheet.allRows()) {
      const device = this.#devices.find(sheet.word(row, sheetPlace.device) ?? '');
      if (sheet.number(row, sheetPlace.offset) >= (device?.packed ?? 0)) rows.push(row);
    }
    return rows.sort((a, b) => {
      const offsets = sheet.number(a, sheetPlace.offset) - sheet.number(b, sheetPlace.offset);
      return offsets || sheet.number(a, sheetPlace.index) - sheet.number(b, sheetPlace.index);
    });
  }

  #load(): Held {
    return translated('be read', () => {
      const cursor = integer(this.#db.prepare('SELECT next FROM cursor').get()?.next);
      const recent = new RecentReports(this.#recentLimits, this.#fullReports);
      const rows = this.#db.prepare('SELECT next, body FROM recent ORDER BY next, id').all();
      for (const [next, ofWrite] of Map.groupBy(rows, (row) => integer(row.next))) {
        const sheet = new Sheet(1_024);
        for (const { body } of ofWrite) sheet.append(openBlock(blob(body)));
        sheet.seal();
        recent.add(sheet, this.#unpacked(sheet), next);
      }
      return { cursor, recent };
    });
  }
}

/** What a device costs to pack beside its reports, in reports. */
const packCost = 100;
/** Reports that a write may pack however small it is. */
const packReportsMin = 2_000;

/** Of a sheet in log order: the rows from an offset on. */
function rowsFrom(sheet: Sheet, offset: number): Uint32Array {
  let first = 0;
  while (first < sheet.rows && sheet.number(first, sheetPlace.offset) < offset) first++;
  return sheet.someRows(first, sheet.rows);
}

function range({ from, to }: { readonly from: number | undefined; readonly to: number | undefined }) {
  return { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER };
}
