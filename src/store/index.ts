export { type EmbeddedStoreOptions, type EmbeddedStoreSizes, openEmbeddedStore } from './embedded.ts';
export type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from './store.ts';
