export type { BandPoint, EngineInput, EngineOutput } from './engine.ts';
export { Engine, type EngineGlobals } from './step.ts';
export { checkWatch } from './watcher.ts';
