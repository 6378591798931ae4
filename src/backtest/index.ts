export type { DeskCase, OpenedCase, Silence } from './case-desk.ts';
export { type CaseMatch, compareCases } from './compare.ts';
export { familiesOf } from './family.ts';
export { type Folded, type FoldInput, foldCases, foldParts } from './fold.ts';
export type { KnownTruth } from './outcomes.ts';
export { type PackTestResult, runPackTests } from './pack-tests.ts';
export { ParentHistory } from './parent-history.ts';
export { type PartOutcome, PartRunner } from './part.ts';
export type { PlacedEvent } from './placed-events.ts';
export { type BacktestPart, type BacktestPlan, type BacktestRequest, planBacktest } from './plan.ts';
export { RecordingReplay, type RecordingRow } from './recording.ts';
export { type PackText, Replay, type ReplayOptions } from './replay.ts';
export { type BacktestResult, changesMax, devicesMax } from './result.ts';
export { type FleetArrival, type FleetProgress, type FleetRun, type FleetRunOptions, runFleet } from './run.ts';
export {
  type PlantedFault,
  type ReportTally,
  type ScoreCard,
  type ScoreInput,
  scoreRun,
} from './score.ts';
export { sumUp } from './sum-up.ts';
export { VirtualService } from './virtual-service.ts';
export { type WhyAnswer, type WhyRequest, type WhyRule, whyAt } from './why.ts';
