import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { AftercareError, assert } from '../base/index.ts';
import { blob, integer } from '../sqlite/index.ts';
import type { Report } from '../telemetry/index.ts';
import type { Block } from './block.ts';
import { blockContentBytes, encodeBlock, openBlock } from './block-codec.ts';
import { type ChunkSizes, ChunkTable } from './chunk-table.ts';
import { DeviceTable } from './device-table.ts';
import { blockRows, FirstRows, makeReports, newestFirst, reportRows, timeOrder } from './first-rows.ts';
import { assertLogOrder } from './log-order.ts';
import { OffsetPages } from './offset-pages.ts';
import { Readings } from './readings.ts';
import { type RecentLimits, RecentReports } from './recent-reports.ts';
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
  recent: { reportsMax: 65_536, writesMax: 4_096, bytesMax: 33_554_432 },
  aheadReports: 65_536,
};

export interface EmbeddedStoreOptions {
  /** Made when absent. */
  readonly folder: string;
  readonly sizes?: Partial<EmbeddedStoreSizes>;
}

/**
 * Opens the store that needs nothing but a folder. It keeps every report with its log offset, and two of one time.
 * Rejects with `store-failed` when another process has it open, or when the file cannot be used.
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
      for (const { at, product, signals } of held.recent.of(query.device)) {
        const value = Object.hasOwn(signals, query.signal) ? signals[query.signal] : undefined;
        if (value !== undefined && product === query.product && at >= from && at < to) readings.push(at, value);
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
        const recent = newest(held.recent.of(name));
        const packed = device && !(recent && recent.at >= device.latestAt) ? this.#devices.latest(device.id) : recent;
        if (packed) latest.set(name, packed);
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
    const full = new Set<string>();
    for (const report of reports) if (recent.push(report) >= this.#fullReports) full.add(report.device);
    for (const device of full) this.#pack(recent, device, next);
    const packed = full;
    for (let device = recent.front; recent.over && device !== undefined; device = recent.front) {
      this.#pack(recent, device, next);
      packed.add(device);
      this.#dropEmptyWrites(recent);
    }
    this.#dropEmptyWrites(recent);
    const left = packed.size === 0 ? reports : reports.filter((report) => !packed.has(report.device));
    let bytes = 0;
    for (const ofProduct of Map.groupBy(left, (report) => report.product).values()) {
      const body = encodeBlock(ofProduct);
      this.#addRecent.run(next, body);
      bytes += blockContentBytes(body);
    }
    if (left.length > 0) recent.noteWrite(next, left.length, bytes);
    this.#setCursor.run(next);
  }

  #pack(recent: RecentReports, name: string, next: number): void {
    const reports = recent.take(name);
    const last = newest(reports);
    assert(last !== undefined, 'a device in memory has reports');
    this.#chunks.append(this.#devices.pack(name, next, last).id, reports);
  }

  #dropEmptyWrites(recent: RecentReports): void {
    const dropped = recent.dropEmptyWrites();
    if (dropped !== undefined) this.#dropRecent.run(dropped);
  }

  #byTime(query: ReportsQuery & { by: 'time' }, recent: RecentReports): readonly Report[] {
    const { from, to } = range(query);
    const { descending, limit } = query;
    const first = new FirstRows(descending ? newestFirst : timeOrder, limit);
    for (const row of reportRows(recent.of(query.device))) if (row.at >= from && row.at < to) first.offer(row);
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
    found.push(...recent.of(query.device).filter(({ boot, seq }) => boot === query.boot && seq === query.seq));
    return found;
  }

  #load(): Held {
    return translated('be read', () => {
      const cursor = integer(this.#db.prepare('SELECT next FROM cursor').get()?.next);
      const recent = new RecentReports(this.#recentLimits);
      const rows = this.#db.prepare('SELECT next, body FROM recent ORDER BY next, id').all();
      for (const [next, ofWrite] of Map.groupBy(rows, (row) => integer(row.next))) {
        const bodies = ofWrite.map((row) => blob(row.body));
        const reports = bodies.flatMap((body) => allReports(openBlock(body)));
        reports.sort((a, b) => a.offset - b.offset || a.index - b.index);
        const left = reports.filter(({ device, offset }) => offset >= (this.#devices.find(device)?.packed ?? 0));
        for (const report of left) recent.push(report);
        recent.noteWrite(
          next,
          left.length,
          bodies.reduce((sum, body) => sum + blockContentBytes(body), 0),
        );
      }
      return { cursor, recent };
    });
  }
}

function range({ from, to }: { readonly from: number | undefined; readonly to: number | undefined }) {
  return { from: from ?? Number.MIN_SAFE_INTEGER, to: to ?? Number.MAX_SAFE_INTEGER };
}

function allReports(block: Block): readonly Report[] {
  return Array.from({ length: block.rows }, (_, row) => block.report(row));
}

/** Event times of a block's rows; NaN, which lies in no range, where the report is another product's. */
function timesOf(block: Block, product: string): ArrayLike<number> {
  const products = Array.from(block.products());
  if (products.every((of) => of === product)) return block.at();
  return Float64Array.from(block.at(), (at, row) => (products[row] === product ? at : Number.NaN));
}

/** The newest by event time, the last of equal ones. */
function newest(reports: readonly Report[]): Report | undefined {
  let last = reports[0];
  for (const report of reports) if (last === undefined || report.at >= last.at) last = report;
  return last;
}
