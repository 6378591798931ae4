export {
  type Case,
  type CaseAction,
  type CaseChange,
  type CaseState,
  type Finding,
  type TimelineItem,
  type TimelineKind,
  type Verdict,
  verdicts,
} from './case.ts';
export type { CaseQuery, CaseStore, Page } from './store.ts';
