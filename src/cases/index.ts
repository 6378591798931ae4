export { Book, type BookOptions, defaultCasesPerRuleHourMax } from './book.ts';
export {
  type Case,
  type CaseAction,
  type CaseChange,
  type CaseState,
  type CaseTick,
  caseStates,
  type Finding,
  type TimelineItem,
  type TimelineKind,
  timelineKinds,
  type Verdict,
  verdicts,
} from './case.ts';
export { actions, type Decision, decide } from './decide.ts';
export type { Naming } from './decide-finding.ts';
export { type KnownOutcome, readKnownOutcomes } from './embedded/outcomes.ts';
export { type EmbeddedCaseStoreOptions, openEmbeddedCaseStore } from './embedded/store.ts';
export { openThreadedCaseStore, type ThreadedCaseStoreOptions } from './embedded/threaded.ts';
export { type DeviceTrouble, type Health, healthOf, healthStates } from './health.ts';
export type { CaseRecords, StandbyQuery } from './records.ts';
export type { Standing } from './route.ts';
export type { CaseQuery, CaseStore, FindingQuery, Page } from './store.ts';
export { type Above, type Cover, nothingAround, type Standby, type Surroundings } from './surroundings.ts';
export { type Urgency, urgencyOf } from './urgency.ts';
