export { Draft } from './draft.ts';
export type { LogFile, LogFiles } from './files.ts';
export { followLog, type LogWriter } from './followed-log.ts';
export { HeldSegments } from './held-segments.ts';
export { inspectLog, type LogDamage, type LogInspection, type LogPart } from './inspect.ts';
export type { Log, LogBounds, LogEntry } from './log.ts';
export type { LogCut } from './recovery.ts';
export { type LogOptions, openLog } from './segment-log.ts';
export type { WrittenGroup } from './writer.ts';
