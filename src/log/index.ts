export type { Log, LogBounds, LogEntry } from './log.ts';
