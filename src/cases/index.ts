export {
  type Case,
  type CaseAction,
  type CaseChange,
  type CaseState,
  caseStates,
  type Finding,
  type TimelineItem,
  type TimelineKind,
  timelineKinds,
  type Verdict,
  verdicts,
} from './case.ts';
export { actions, type Decision, decide } from './decide.ts';
export type { Naming, Standing } from './decide-finding.ts';
export { type KnownOutcome, readKnownOutcomes } from './embedded/outcomes.ts';
export { type EmbeddedCaseStoreOptions, openEmbeddedCaseStore } from './embedded/store.ts';
export { type DeviceTrouble, type Health, healthOf, healthStates } from './health.ts';
export type { CaseQuery, CaseStore, Page } from './store.ts';
export { type Urgency, urgencyOf } from './urgency.ts';
