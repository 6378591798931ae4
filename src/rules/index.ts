export { conditionChecker } from './check.ts';
export { type CompiledRules, type CompileResult, compileRules, readBack } from './compile.ts';
export type {
  DroppedRule,
  RuleEvidence,
  RulesInput,
  RulesSnapshot,
  RulesState,
  RuleTransition,
} from './state.ts';
export type { ConditionPart, RuleNow } from './why.ts';
