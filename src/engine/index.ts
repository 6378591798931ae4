export type { BandPoint, EngineInput, EngineOutput } from './engine.ts';
