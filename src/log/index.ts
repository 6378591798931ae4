export type { LogFile, LogFiles } from './files.ts';
export type { Log, LogBounds, LogEntry } from './log.ts';
export type { LogCut } from './recovery.ts';
export { type LogOptions, openLog } from './segment-log.ts';
