import { hourMs } from '../base/index.ts';
import type { Block } from './block.ts';
import { Buckets } from './buckets.ts';
import type { ChunkPlace, ChunkTable } from './chunk-table.ts';
import type { DeviceTable, StoredDevice } from './device-table.ts';
import { pageHours } from './hour-page.ts';
import { bucketMs, Readings } from './readings.ts';
import type { RecentReports } from './recent-reports.ts';
import type { RollupTable } from './rollup-table.ts';
import { sheetPlace } from './sheet.ts';
import { beforeAll } from './sqlite.ts';
import type { SeriesPoint, SeriesQuery } from './store.ts';

/** More chunks than this are not read for one answer: their hours tell enough, whatever was asked. */
const manyChunks = 256;

export interface SeriesSources {
  readonly chunks: ChunkTable;
  readonly devices: DeviceTable;
  readonly rollups: RollupTable;
  /** Up to so many chunks are read whatever the length of a bucket: readings are more exact than hours. */
  readonly fewChunks: number;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const nothing: Range = { from: 0, to: 0 };
const noHours: ReadonlySet<number> = new Set();

/**
 * A signal's readings in buckets. Where buckets are of hours and the chunks are more than a few, the hours answer; they
 * do too where retention took the chunks. What is in no chunk that counts there comes as it is, and an hour that it
 * falls into late is read from its chunks, so that every reading counts once.
 */
export class Series {
  readonly #sources: SeriesSources;

  constructor(sources: SeriesSources) {
    this.#sources = sources;
  }

  read(query: SeriesQuery, recent: RecentReports): readonly SeriesPoint[] {
    const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = query;
    const range = { from, to };
    const device = this.#sources.devices.find(query.device);
    const readings = new Readings();
    if (device === undefined) {
      addRecent(readings, query, { range, recent });
      return readings.points(query.from, query.to, query.pointsMax);
    }
    const wholeFrom = device.rawFrom === beforeAll ? Number.NEGATIVE_INFINITY : ceilHour(device.rawFrom);
    const raw = this.#sources.chunks.rolledByTime(device.id, { from: Math.max(from, wholeFrom), to }, manyChunks + 1);
    const byHour = this.#rangeByHour(query, device, { range, chunks: raw.length, wholeFrom });
    const late = byHour === nothing ? noHours : this.#lateHours(device, recent, query.device);
    const isByHour = (at: number) =>
      at >= byHour.from && at < byHour.to && !(at >= wholeFrom && late.has(Math.floor(at / hourMs)));
    const places = byHour === nothing ? raw : this.#around(device.id, { range, byHour, late, wholeFrom });
    const unrolled = this.#sources.chunks.unrolled(device.id).filter(({ first, last }) => first < to && last >= from);
    const isWanted = (at: number) => at >= from && at < to;
    for (const [places_, wanted] of [
      [places, (at: number) => isWanted(at) && !isByHour(at)],
      [unrolled, isWanted],
    ] as const) {
      for (const { id } of places_) {
        const block = this.#sources.chunks.open(id);
        readings.pushColumns(block.signal(query.signal), timesOf(block, query.product), wanted);
      }
    }
    addRecent(readings, query, { range, recent });
    if (byHour === nothing) return readings.points(query.from, query.to, query.pointsMax);
    const buckets = new Buckets(query);
    for (const { startsAt, page } of this.#sources.rollups.pages(device.id, byHour, query)) {
      const column = page.find(query.product, query.signal);
      for (let hour = 0; column && hour < pageHours; hour++) {
        if (column.count[hour] !== 0 && isByHour(startsAt + hour * hourMs)) buckets.addHour(startsAt, column, hour);
      }
    }
    if (buckets.empty) return readings.points(query.from, query.to, query.pointsMax);
    for (const { at, value } of readings.settled()) buckets.addReading(at, value);
    return buckets.points();
  }

  /** Whole hours that are to be answered from hours; nothing when readings answer all. */
  #rangeByHour(
    query: SeriesQuery,
    device: StoredDevice,
    { range, chunks, wholeFrom }: { readonly range: Range; readonly chunks: number; readonly wholeFrom: number },
  ): Range {
    const { from, to } = range;
    if (chunks > manyChunks || (chunks > this.#sources.fewChunks && this.#bucketMs(query, device) >= hourMs)) {
      // At the ends, readings tell what of an hour is wanted, if they are still there; else all of it is.
      const byHour = {
        from: from >= wholeFrom ? ceilHour(from) : floorHour(from),
        to: to > wholeFrom ? Math.max(floorHour(to), wholeFrom) : ceilHour(to),
      };
      return byHour.from < byHour.to ? byHour : nothing;
    }
    if (from >= wholeFrom) return nothing;
    return { from: floorHour(from), to: Math.min(ceilHour(to), wholeFrom) };
  }

  #bucketMs(query: SeriesQuery, device: StoredDevice): number {
    const from = query.from ?? this.#sources.rollups.firstAt(device.id) ?? device.rolledUntil;
    return bucketMs(from, query.to ?? device.rolledUntil, query.pointsMax);
  }

  /** Rolled chunks with readings that the hours do not answer, in log order. */
  #around(
    device: number,
    options: {
      readonly range: Range;
      readonly byHour: Range;
      readonly late: ReadonlySet<number>;
      readonly wholeFrom: number;
    },
  ): readonly ChunkPlace[] {
    const { range, byHour, late, wholeFrom } = options;
    const found = new Map<number, ChunkPlace>();
    const add = (from: number, to: number) => {
      if (from >= to) return;
      for (const place of this.#sources.chunks.rolledByTime(device, { from, to }, Number.MAX_SAFE_INTEGER)) {
        found.set(place.id, place);
      }
    };
    add(range.from, byHour.from);
    add(byHour.to, range.to);
    for (const hour of late) {
      const startsAt = hour * hourMs;
      if (startsAt >= Math.max(wholeFrom, byHour.from) && startsAt < byHour.to) add(startsAt, startsAt + hourMs);
    }
    return [...found.values()].sort((a, b) => a.id - b.id);
  }

  /** Hours with readings that came behind those that are rolled, and are not rolled themselves. */
  #lateHours(device: StoredDevice, recent: RecentReports, name: string): ReadonlySet<number> {
    const hours = new Set<number>();
    const add = (at: number) => {
      if (at < device.rolledUntil) hours.add(Math.floor(at / hourMs));
    };
    for (const { id, first } of this.#sources.chunks.unrolled(device.id)) {
      if (first >= device.rolledUntil) continue;
      for (const at of Array.from(this.#sources.chunks.open(id).at())) add(at);
    }
    for (const { sheet, row } of recent.of(name)) add(sheet.number(row, sheetPlace.at));
    return hours;
  }
}

function addRecent(
  readings: Readings,
  { device, product, signal }: SeriesQuery,
  { range, recent }: { readonly range: Range; readonly recent: RecentReports },
): void {
  for (const { sheet, row } of recent.of(device)) {
    const at = sheet.number(row, sheetPlace.at);
    if (!(at >= range.from && at < range.to) || sheet.word(row, sheetPlace.product) !== product) continue;
    const value = sheet.signal(row, signal);
    if (value !== undefined) readings.push(at, value);
  }
}

/** Event times of a block's rows; NaN, which lies in no range, where the report is another product's. */
function timesOf(block: Block, product: string): ArrayLike<number> {
  const products = Array.from(block.products());
  if (products.every((of) => of === product)) return block.at();
  return Float64Array.from(block.at(), (at, row) => (products[row] === product ? at : Number.NaN));
}

function floorHour(at: number): number {
  return Math.floor(at / hourMs) * hourMs;
}

function ceilHour(at: number): number {
  return Math.ceil(at / hourMs) * hourMs;
}
