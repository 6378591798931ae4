import { type DetectorKind, detectorKind } from './detector.ts';
import { level } from './level.ts';
import { range } from './range.ts';

const kinds: readonly DetectorKind[] = [detectorKind(range), detectorKind(level)];

/** Every detector there is, by its kind: the name under which a pack asks for it. */
export const detectors: ReadonlyMap<string, DetectorKind> = new Map(kinds.map((kind) => [kind.kind, kind]));
