import type { FaultCourse } from '../fault.ts';

/** The device's radio dies: not a word more until somebody comes. What it measures meanwhile is lost. */
export const linkLoss: FaultCourse = {
  id: 'link-loss',
  kind: 'link',
  failureMode: 'silent',
  alsoFits: [],
  onsetMs: [0, 0],
  curve: 1,
  noticeable: 0,
};
