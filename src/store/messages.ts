import type { StoreSpace } from './disk.ts';
import type { EmbeddedStoreSizes } from './embedded.ts';
import type { SheetParts } from './sheet.ts';
import type { ReportsQuery, SeriesPoint, SeriesQuery } from './store.ts';
import type { Retention } from './upkeep.ts';

/** What the store's thread is started with. */
export interface StoreSettings {
  readonly folder: string;
  readonly sizes: Partial<EmbeddedStoreSizes>;
  readonly bytesMax: number | undefined;
}

/** The store as it is called across threads: reports and points as numbers, whose memory moves. */
export interface StoreCalls {
  write(sheet: SheetParts, next: number): void;
  sync(): Promise<void>;
  cursor(): Promise<number>;
  series(query: SeriesQuery): Promise<Float64Array<ArrayBuffer>>;
  latest(devices: readonly string[]): Promise<SheetParts>;
  reports(query: ReportsQuery): Promise<SheetParts>;
  delete(device: string): Promise<void>;
  forsake(device: string, before: number): Promise<void>;
  keepUp(retention: Retention | undefined): Promise<boolean>;
  close(): Promise<void>;
}

/** What the thread tells beside its answers. */
export interface StoreTold {
  readonly space: StoreSpace;
}

/** Memory that goes along with a sheet instead of being copied. */
export function sheetMemory({ values, starts, shapeOf }: SheetParts): ArrayBuffer[] {
  return [values.buffer, starts.buffer, shapeOf.buffer];
}

const pointNumbers = 5;

export function sendPoints(points: readonly SeriesPoint[]): Float64Array<ArrayBuffer> {
  return Float64Array.from(points.flatMap(({ at, min, max, mean, count }) => [at, min, max, mean, count]));
}

export function receivePoints(numbers: Float64Array): readonly SeriesPoint[] {
  const number = (place: number) => numbers[place] ?? 0;
  return Array.from({ length: numbers.length / pointNumbers }, (_, point) => {
    const i = point * pointNumbers;
    return { at: number(i), min: number(i + 1), max: number(i + 2), mean: number(i + 3), count: number(i + 4) };
  });
}
