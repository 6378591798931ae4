import type { Evidence, Finding, Series, Severity, SignalSpec } from '../api/model.ts';
import { epoch } from '../words/times.ts';

export interface Point {
  readonly at: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly count: number;
}

export interface Band {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** A reading that a finding rests on. */
export interface Firing {
  readonly at: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly severity: Severity;
}

/** The stretch over which a finding held; `to` is undefined while it holds. */
export interface Episode {
  readonly from: number;
  readonly to: number | undefined;
  readonly severity: Severity;
}

export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Everything a chart of one signal shows; times in epoch ms, oldest first. */
export interface ChartSeries {
  readonly points: readonly Point[];
  readonly band: readonly Band[];
  readonly firings: readonly Firing[];
  readonly episodes: readonly Episode[];
  readonly gaps: readonly Gap[];
  /** Whether points stand for several readings each. */
  readonly bucketed: boolean;
  /** Whether the readings are yes and no, drawn as 1 and 0. */
  readonly switches: boolean;
}

export function chartSeries(
  series: Series,
  findings: readonly Pick<Finding, 'state' | 'signal' | 'severity' | 'startsAt' | 'endsAt' | 'evidence'>[],
  spec: Pick<SignalSpec, 'name' | 'type'>,
  everyMs: number,
): ChartSeries {
  const signal = spec.name;
  const points = series.points.map((point) => ({ ...point, at: epoch(point.at) }));
  // What late reports took back never held, and its evidence is the late reading itself.
  const standing = findings.filter(({ state }) => state !== 'retracted');
  return {
    points,
    band: heldBand(series, points.at(-1)?.at),
    firings: firingsOf(standing, signal),
    episodes: standing
      .filter((finding) => restsOn(finding, signal))
      .map((finding) => ({
        from: epoch(finding.startsAt),
        to: finding.endsAt === null ? undefined : epoch(finding.endsAt),
        severity: finding.severity,
      })),
    gaps: findGaps(points, everyMs),
    bucketed: points.some((point) => point.count > 1),
    switches: spec.type === 'boolean',
  };
}

/** What of the marks lies in a stretch, epoch ms; undefined ends are open. */
export function within(
  series: ChartSeries,
  {
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
  }: { from: number | undefined; to: number | undefined },
): ChartSeries {
  return {
    ...series,
    firings: series.firings.filter(({ at }) => at >= from && at <= to),
    episodes: series.episodes.filter((episode) => episode.from <= to && (episode.to ?? to) >= from),
  };
}

/** A point of the band holds until the next one: the last one holds up to the newest reading. */
function heldBand(series: Series, newestAt: number | undefined): Band[] {
  const band = series.band.map((point) => ({ ...point, at: epoch(point.at) }));
  const last = band.at(-1);
  return last && newestAt !== undefined && newestAt > last.at ? [...band, { ...last, at: newestAt }] : band;
}

function restsOn(finding: Pick<Finding, 'signal' | 'evidence'>, signal: string): boolean {
  return finding.signal === signal || finding.evidence.some((reading) => reading.signal === signal);
}

function firingsOf(findings: readonly Pick<Finding, 'severity' | 'evidence'>[], signal: string): Firing[] {
  const byTime = new Map<number, Firing>();
  for (const finding of findings) {
    for (const reading of finding.evidence) {
      const firing = reading.signal === signal ? firingOf(reading, finding.severity) : undefined;
      if (firing !== undefined) byTime.set(firing.at, firing);
    }
  }
  return [...byTime.values()].sort((a, b) => a.at - b.at);
}

function firingOf(reading: Evidence, severity: Severity): Firing | undefined {
  const value = typeof reading.value === 'boolean' ? Number(reading.value) : reading.value;
  if (typeof value !== 'number') return undefined;
  return { at: epoch(reading.at), value, low: reading.low ?? null, high: reading.high ?? null, severity };
}

/**
 * Where readings are missing: two neighbours further apart than three reports, or than two buckets where points stand
 * for buckets (their length is the usual distance of neighbours).
 */
export function findGaps(points: readonly Pick<Point, 'at' | 'count'>[], everyMs: number): Gap[] {
  const bucketMs = points.some((point) => point.count > 1) ? usualDistance(points) : 0;
  const allowedMs = Math.max(3 * everyMs, 2 * bucketMs);
  const gaps: Gap[] = [];
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1]?.at ?? 0;
    const to = points[index]?.at ?? 0;
    if (to - from > allowedMs) gaps.push({ from, to });
  }
  return gaps;
}

function usualDistance(points: readonly Pick<Point, 'at'>[]): number {
  const distances = points.slice(1).map((point, index) => point.at - (points[index]?.at ?? 0));
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? 0;
}

/** The expected band at a time: that of the last evaluation at or before it. */
export function bandAt(band: readonly Band[], at: number): Band | undefined {
  return band[indexAt(band, at)];
}

/** Index of the last item at or before a time; −1 when all are later. Items are oldest first. */
export function indexAt(items: readonly { readonly at: number }[], at: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.at ?? 0) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the item nearest to a time; −1 when there is none. */
export function nearestIndex(items: readonly { readonly at: number }[], at: number): number {
  const before = indexAt(items, at);
  const left = items[before];
  const right = items[before + 1];
  if (left === undefined) return right === undefined ? -1 : before + 1;
  if (right === undefined) return before;
  return right.at - at < at - left.at ? before + 1 : before;
}

/** How far beyond the readings the band is shown, in their own span: the line must stay readable. */
const bandBeyond = 1;

/**
 * Lowest and highest number on the chart with some air around it; a flat line gets a scale all the same. Of a band that
 * is still very wide only the part near the readings is shown: the whole would press them into a line.
 */
export function valueRange(series: ChartSeries): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const include = (from: number, to: number): void => {
    low = Math.min(low, from);
    high = Math.max(high, to);
  };
  for (const point of series.points) include(point.min, point.max);
  for (const firing of series.firings) include(firing.value, firing.value);
  const beyond = bandBeyond * (high - low);
  const cut = beyond > 0;
  const [lowest, highest] = [low - beyond, high + beyond];
  for (const { low: from, high: to } of series.band) {
    include(cut ? Math.max(from, lowest) : from, cut ? Math.min(to, highest) : to);
  }
  if (low > high) return [0, 1];
  const air = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low - air, high + air];
}
