import type { SentError } from '../base/index.ts';
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

/** What the store is asked, and what it answers when it has done it. Requests are begun in the order of the calls. */
export interface StoreCalls {
  readonly write: { readonly asked: { readonly sheet: SheetParts; readonly next: number }; readonly answer: undefined };
  readonly sync: { readonly asked: object; readonly answer: undefined };
  readonly cursor: { readonly asked: object; readonly answer: number };
  readonly series: { readonly asked: { readonly query: SeriesQuery }; readonly answer: Float64Array<ArrayBuffer> };
  readonly latest: { readonly asked: { readonly devices: readonly string[] }; readonly answer: SheetParts };
  readonly reports: { readonly asked: { readonly query: ReportsQuery }; readonly answer: SheetParts };
  readonly delete: { readonly asked: { readonly device: string }; readonly answer: undefined };
  readonly forsake: {
    readonly asked: { readonly device: string; readonly before: number };
    readonly answer: undefined;
  };
  readonly keepUp: { readonly asked: { readonly retention: Retention | undefined }; readonly answer: boolean };
  readonly close: { readonly asked: object; readonly answer: undefined };
}

export type StoreCall = keyof StoreCalls;
export type StoreAnswer = StoreCalls[StoreCall]['answer'];

/** To the store's thread. */
export type ToStore = {
  readonly [Call in StoreCall]: { readonly call: Call; readonly id: number } & StoreCalls[Call]['asked'];
}[StoreCall];

/** From the store's thread: `done` and `failed` answer the request of that id. */
export type FromStore =
  | { readonly kind: 'opened'; readonly space: StoreSpace }
  | { readonly kind: 'refused'; readonly error: SentError }
  | { readonly kind: 'space'; readonly space: StoreSpace }
  | { readonly kind: 'done'; readonly id: number; readonly answer: StoreAnswer }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError };

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
