export { assert } from './assert.ts';
export { canonicalJson } from './canonical-json.ts';
export { type CellNames, type Cells, cellCount, cellsAt, numbersFromText, numbersToText } from './cells.ts';
export { AftercareError, type ErrorCode, errorCatalogue, isAftercareError } from './errors.ts';
export { fileReason } from './file-reason.ts';
export { type JsonParts, jsonText, jsonWith } from './json-with.ts';
export { NameLookup } from './name-lookup.ts';
export { nearest } from './nearest.ts';
export { receiveError, type SentError, sendError } from './sent-error.ts';
export {
  type Clock,
  dayMs,
  formatDuration,
  formatInstant,
  hourMs,
  isWritableInstant,
  minuteMs,
  parseDurationMs,
  parseInstant,
  secondMs,
} from './time.ts';
