export { conditionChecker } from './check.ts';
export { type CompiledRules, type CompileResult, compileRules, readBack } from './compile.ts';
export { type RulesSnapshotJson, rulesSnapshotJson, rulesSnapshotOf } from './snapshot-text.ts';
export {
  type DroppedRule,
  type RuleEvidence,
  type RulesInput,
  type RulesSnapshot,
  type RulesState,
  type RuleTransition,
  rulesSnapshotVersion,
} from './state.ts';
export type { ConditionPart, RuleNow } from './why.ts';
