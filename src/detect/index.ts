export type {
  BoundDetector,
  Detector,
  DetectorKind,
  Judged,
  JudgedAverage,
  Judgement,
  NumberReading,
  Score,
} from './detector.ts';
export { scoreMax } from './detector.ts';
export type { LevelParams } from './level.ts';
export { type RangeParams, rangeBar } from './range.ts';
export { detectors } from './registry.ts';
