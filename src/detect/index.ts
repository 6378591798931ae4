export type { Detector, NumberReading, Score } from './detector.ts';
