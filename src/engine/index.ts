export type { RuleNow as RuleStanding } from '../rules/index.ts';
export type { BandPoint, EngineInput, EngineOutput, Judged, LateDevice, Rejudging, Uncorrected } from './engine.ts';
export {
  comparePositions,
  type DaySnapshot,
  type DayTaken,
  isBehind,
  type Position,
  type Snapshot,
} from './hindsight.ts';
export type { ParentsKnown, Told } from './parents.ts';
export type { StateCopy } from './state-copy.ts';
export { Engine, type EngineGlobals } from './step.ts';
export { checkWatch } from './watcher.ts';
