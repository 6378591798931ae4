import { type DetectorKind, detectorKind } from './detector.ts';
import { drift } from './drift.ts';
import { level } from './level.ts';
import { range } from './range.ts';
import { seasonal } from './seasonal.ts';
import { spread } from './spread.ts';
import { stuck } from './stuck.ts';

const kinds: readonly DetectorKind[] = [
  detectorKind(range),
  detectorKind(stuck),
  detectorKind(level),
  detectorKind(seasonal),
  detectorKind(spread),
  detectorKind(drift),
];

/** Every detector there is, by its kind: the name under which a pack asks for it. */
export const detectors: ReadonlyMap<string, DetectorKind> = new Map(kinds.map((kind) => [kind.kind, kind]));
