export type { BandPoint, EngineInput, EngineOutput, Judged } from './engine.ts';
export { Engine, type EngineGlobals } from './step.ts';
export { checkWatch } from './watcher.ts';
