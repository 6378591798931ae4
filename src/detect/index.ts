export type {
  BoundDetector,
  Detector,
  DetectorKind,
  Judged,
  JudgedStretch,
  Looks,
  Memory,
  MemorySize,
  NumberReading,
  Score,
  WatchedReading,
} from './detector.ts';
export { boundless, scoreMax } from './detector.ts';
export type { LevelParams } from './level.ts';
export { type RangeParams, rangeBar } from './range.ts';
export { detectors } from './registry.ts';
export { stuckBar } from './stuck.ts';
