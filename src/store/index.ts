export type { ReportsQuery, SeriesPoint, SeriesQuery, TelemetryStore } from './store.ts';
