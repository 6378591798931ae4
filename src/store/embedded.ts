import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AftercareError, assert } from '../base/index.ts';
import { blob, integer } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { encodeRows, openBlock } from './block-codec.ts';
import { type ChunkSizes, ChunkTable } from './chunk-table.ts';
import { DeviceTable } from './device-table.ts';
import { blockRows, FirstRows, makeReports, newestFirst, timeOrder } from './first-rows.ts';
import { assertLogOrder } from './log-order.ts';
import { OffsetPages } from './offset-pages.ts';
import { Readings } from './readings.ts';
import { type RecentLimits, RecentReports, rowOf } from './recent-reports.ts';
import { Sheet, sheetPlace } from './sheet.ts';
import { openDatabase, translated } from './sqlite.ts';
import type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from './store.ts';

const reportsMax = 10_000;
const devicesMax = 1_000;
const pointsMax = 5_000;

/** Sizes that trade memory, file size and work against each other; the defaults serve up to some 10,000 devices. */
export interface EmbeddedStoreSizes extends ChunkSizes {
  readonly recent: RecentLimits;
  /** Reports that are read at once for who reads page after page by offset. */
  readonly aheadReports: number;
}

const defaultSizes: EmbeddedStoreSizes = {
  fullReports: 512,
  tinyReports: 16,
  tinyChunksMax: 16,
  recent: { reportsMax: 131_072, writesMax: 4_096, bytesMax: 67_108_864 },
  aheadReports: 65_536,
};

export interface EmbeddedStoreOptions {
  /** Made when absent. */
  readonly folder: string;
  readonly sizes?: Partial<EmbeddedStoreSizes>;
}

/**
 * Opens the store that needs nothing but a folder. It keeps every report with its log offset, and two of one time.
 * Rejects with `store-failed` when the file cannot be used.
 */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<TelemetryStore> {
  const db = openDatabase(options.folder);
  try {
    return new EmbeddedStore(db, { ...defaultSizes, ...options.sizes });
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

class EmbeddedStore implements TelemetryStore {
  readonly #db: DatabaseSync;
  readonly #recentLimits: RecentLimits;
  readonly #fullReports: number;
  readonly #chunks: ChunkTable;
  readonly #devices: DeviceTable;
  readonly #pages: OffsetPages;
  readonly #addRecent: StatementSync;
  readonly #dropRecent: StatementSync;
  readonly #setCursor: StatementSync;
  #held: Held | undefined;
  /** Of the last write: how much room the next one needs. */
  #valuesPerRow = 20;

  constructor(db: DatabaseSync, sizes: EmbeddedStoreSizes) {
    this.#db = db;
    this.#recentLimits = sizes.recent;
    this.#fullReports = sizes.fullReports;
    this.#chunks = new ChunkTable(db, sizes);
    this.#devices = new DeviceTable(db);
    this.#pages = new OffsetPages(this.#chunks, sizes.aheadReports);
    this.#addRecent = db.prepare('INSERT INTO recent (next, body) VALUES (?, ?)');
    this.#dropRecent = db.prepare('DELETE FROM recent WHERE next <= ?');
    this.#setCursor = db.prepare('UPDATE cursor SET next = ?');
    this.#held = this.#load();
  }

  async write(reports: readonly Report[], next: number): Promise<void> {
    this.#run('be written', (held) => {
      if (next <= held.cursor) return;
      assertLogOrder(reports, next);
      const fresh = reports.filter((report) => report.offset >= held.cursor);
      this.#db.exec('BEGIN IMMEDIATE');
      try {
        this.#add(held, fresh, next);
        this.#db.exec('COMMIT');
        held.cursor = next;
      } catch (error) {
        this.#held = undefined;
        this.#devices.forget();
        if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  async cursor(): Promise<number> {
    return this.#run('be read', (held) => held.cursor);
  }

  async series(query: SeriesQuery): Promise<readonly SeriesPoint[]> {
    assert(query.pointsMax >= 1 && query.pointsMax <= pointsMax, `1 to ${pointsMax} points a call`);
    return this.#run('be read', (held) => {
      const { from, to } = range(query);
      const readings = new Readings();
      const device = this.#devices.find(query.device);
      const places = device ? this.#chunks.byTime(device.id, from, to) : [];
      for (const { id } of places.toSorted((a, b) => a.id - b.id)) {
        const block = this.#chunks.open(id);
        readings.pushColumns(block.signal(query.signal), timesOf(block, query.product), { from, to });
      }
      for (const { sheet, row } of held.recent.of(query.device)) {
        const at = sheet.number(row, sheetPlace.at);
        if (!(at >= from && at < to) || sheet.word(row, sheetPlace.product) !== query.product) continue;
        const value = sheet.signal(row, query.signal);
        if (value !== undefined) readings.push(at, value);
      }
      return readings.points(query.from, query.to, query.pointsMax);
    });
  }

  async latest(devices: readonly string[]): Promise<ReadonlyMap<string, Report>> {
    assert(devices.length <= devicesMax, `at most ${devicesMax} devices a call`);
    return this.#run('be read', (held) => {
      const latest = new Map<string, Report>();
      for (const name of devices) {
        const device = this.#devices.find(name);
        const recent = held.recent.newest(name);
        const at = recent?.sheet.number(recent.row, sheetPlace.at) ?? Number.NEGATIVE_INFINITY;
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

  /** Inside a transaction: the reports go to memory, full devices to chunks, what is left of them to `recent`. */
  #add(held: Held, reports: readonly Report[], next: number): void {
    const { recent } = held;
    if (reports.length > 0) {
      const sheet = new Sheet(reports.length, this.#valuesPerRow);
      for (const report of reports) sheet.push(report);
      sheet.seal();
      this.#valuesPerRow = sheet.valuesPerRow;
      recent.add(sheet, sheet.allRows(), next);
      this.#makeRoom(recent, reports.length, next);
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
    const pack = (device: string) => {
      budget -= packCost + recent.countOf(device);
      this.#pack(recent, device, next);
    };
    for (let device = recent.full; budget > 0 && device !== undefined; device = recent.full) pack(device);
    for (let device = recent.front; device !== undefined; device = recent.front) {
      if (!recent.isOver(budget > 0 ? 1 : 2)) break;
      pack(device);
      this.#dropEmptyWrites(recent);
    }
  }

  #pack(recent: RecentReports, name: string, next: number): void {
    const newest = recent.newest(name);
    assert(newest !== undefined, 'a device in memory has reports');
    const { id } = this.#devices.pack(name, next, newest.sheet.report(newest.row));
    this.#chunks.append(id, recent.countOf(name), (into) => recent.take(name, into));
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
    for (const id of device ? this.#chunks.bySeq(device.id, query.seq) : []) {
      const block = this.#chunks.open(id);
      const seqs = block.seqs();
      const boots = block.boots();
      for (let row = 0; row < block.rows; row++) {
        if (seqs[row] === query.seq && boots[row] === query.boot) found.push(block.report(row));
      }
    }
    for (const { sheet, row } of recent.of(query.device)) {
      if (sheet.number(row, sheetPlace.seq) !== query.seq || sheet.word(row, sheetPlace.boot) !== query.boot) continue;
      found.push(sheet.report(row));
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

function range({ from, to }: { readonly from: number | undefined; readonly to: number | undefined }) {
  return { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER };
}

/** Event times of a block's rows; NaN, which lies in no range, where the report is another product's. */
function timesOf(block: Block, product: string): ArrayLike<number> {
  const products = Array.from(block.products());
  if (products.every((of) => of === product)) return block.at();
  return Float64Array.from(block.at(), (at, row) => (products[row] === product ? at : Number.NaN));
}
