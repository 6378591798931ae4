export type { OpenedCase, Silence } from './case-desk.ts';
export { type PackTestResult, runPackTests } from './pack-tests.ts';
export { type FleetArrival, type FleetProgress, type FleetRun, type FleetRunOptions, runFleet } from './run.ts';
export {
  type PlantedFault,
  type ReportTally,
  type ScoreCard,
  type ScoreInput,
  scoreRun,
} from './score.ts';
