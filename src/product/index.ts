export { Catalogue, earlierVersionsMax, type KnownDevice, type KnownPack, type PackReader } from './catalogue.ts';
export { formatPackChange, type PackChange, packChanges } from './changes.ts';
export type {
  ConditionCheck,
  ConditionChecker,
  ConditionProblem,
  ConditionVocabulary,
  ParentVocabulary,
  WatchChecker,
} from './checkers.ts';
export { formatProblem } from './document.ts';
export { didYouMean, titleFromName } from './names.ts';
export {
  type DerivedSpec,
  type FailureMode,
  type FaultCodeSpec,
  type PackExpectation,
  type PackProblem,
  type PackTest,
  type Playbook,
  type PlaybookActor,
  type PlaybookStep,
  type ProductPack,
  type RuleSpec,
  type RuleStage,
  reservedFailureModes,
  type SampleRun,
  type SignalKind,
  type SignalSpec,
  type WatchSpec,
} from './pack.ts';
export { parentVocabulary } from './parent.ts';
export { type ParsePackOptions, type ParsePackResult, parsePack } from './parse.ts';
export { packJsonSchema } from './schema.ts';
