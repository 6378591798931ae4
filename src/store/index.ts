export type { StoreSpace } from './disk.ts';
export {
  type EmbeddedStore,
  type EmbeddedStoreOptions,
  type EmbeddedStoreSizes,
  openEmbeddedStore,
} from './embedded.ts';
export type { Poison, PoisonPoint } from './influx/cursor-file.ts';
export type { InfluxLimits, InfluxStore, InfluxStoreOptions } from './influx/influx.ts';
export { openInfluxStore } from './influx/open.ts';
export { inspectEmbeddedStore, type StoreDamage, type StoredRows, type StoreInspection } from './inspect.ts';
export { type KeeperOptions, startKeeper } from './keeper.ts';
export { preferServer } from './prefer-server.ts';
export { type Reports, reportsOf, Sheet } from './sheet.ts';
export type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from './store.ts';
export { openStoredReports, type StoredBlock, type StoredReports, type StoredReportsQuery } from './stored-reports.ts';
export { openThreadedStore, type ThreadedStoreOptions } from './threaded.ts';
export type { Retention } from './upkeep.ts';
