import type { SeriesRange } from '../api/model.ts';

export const presets = ['episode', 'day', 'week', 'all'] as const;
export type Preset = (typeof presets)[number];

export const presetWords: Readonly<Record<Preset, string>> = {
  episode: 'Episode',
  day: '24 h',
  week: '7 d',
  all: 'All',
};

export interface EpisodeFacts {
  readonly startsAt: number;
  /** When the last finding ended; undefined while one holds. */
  readonly endsAt: number | undefined;
  /** How far the device's event time has come; undefined before its first report. */
  readonly watermark: number | undefined;
  readonly everyMs: number;
}

const dayMs = 86_400_000;

/** What the episode range is at least, in reports, so that what is normal stands beside what is not. */
const reportsMin = 200;

/**
 * The stretch of event time that a chart asks for. The service's clock plays no part: a recording of ten years ago is
 * drawn over its own days.
 */
export function chartRange(preset: Preset, facts: EpisodeFacts): SeriesRange {
  if (preset === 'all') return { from: undefined, to: undefined };
  const end = Math.max(facts.startsAt, facts.endsAt ?? facts.watermark ?? facts.startsAt);
  if (preset === 'day') return { from: end - dayMs, to: end + margin(dayMs) };
  if (preset === 'week') return { from: end - 7 * dayMs, to: end + margin(7 * dayMs) };
  const lengthMs = end - facts.startsAt;
  const from = Math.min(facts.startsAt - 3 * lengthMs, end - reportsMin * facts.everyMs, facts.startsAt - dayMs / 24);
  return { from, to: end + margin(end - from) };
}

/** The ranges of a device's own page, back from how far its event time has come. */
export const devicePresets = ['day', 'week', 'all'] as const;
export type DevicePreset = (typeof devicePresets)[number];

export function deviceRange(preset: DevicePreset, watermark: number): SeriesRange {
  if (preset === 'all') return { from: undefined, to: undefined };
  const lengthMs = preset === 'day' ? dayMs : 7 * dayMs;
  return { from: watermark - lengthMs, to: watermark + margin(lengthMs) };
}

/** A little room right of the last reading, in whole seconds so that equal ranges have equal keys. */
function margin(lengthMs: number): number {
  return Math.ceil(lengthMs / 40 / 1000) * 1000;
}
