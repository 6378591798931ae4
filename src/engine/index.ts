export type { BandPoint, EngineInput, EngineOutput } from './engine.ts';
export { Engine, type EngineGlobals } from './step.ts';
