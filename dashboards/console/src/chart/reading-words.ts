import { plural, spanWords, valueWords } from '../words/numbers.ts';
import { momentWords } from '../words/times.ts';
import { type Band, bandAt, type ChartSeries, type Firing, type Point } from './series.ts';

/** "21 Nov 2025, 20:05:00: 9.1 °C, expected 2.8 to 5.6, fired". */
export function readingWords(series: ChartSeries, point: Point, unit: string): string {
  const parts = [`${momentWords(point.at)}: ${pointWords(series, point, unit)}`];
  if (point.count > 1 && !series.switches) parts.push(`mean of ${point.count}, ${spanWords(point.min, point.max)}`);
  const band = expectedAt(series, point.at);
  if (band !== undefined) parts.push(`expected ${spanWords(band.low, band.high)}`);
  if (firingAt(series, point) !== undefined) parts.push('fired');
  return parts.join(', ');
}

/** What a point says: a number with its unit, or a switch in words. */
export function pointWords(series: ChartSeries, point: Point, unit: string): string {
  return series.switches ? switchWords(point) : valueWords(point.mean, unit);
}

/** A switch, on or off; over a bucket in which it was both, how often it was on. */
function switchWords(point: Point): string {
  if (point.min === point.max) return point.max === 1 ? 'yes' : 'no';
  return `yes in ${Math.round(point.mean * 100)}\u2009% of ${point.count}`;
}

/** The chart in one sentence. */
export function summaryWords(series: ChartSeries, title: string, unit: string): string {
  const first = series.points[0];
  const last = series.points.at(-1);
  if (first === undefined || last === undefined) return `${title}: no readings in this range.`;
  const count = series.points.reduce((sum, point) => sum + point.count, 0);
  const low = Math.min(...series.points.map((point) => point.min));
  const high = Math.max(...series.points.map((point) => point.max));
  return [
    `${title}, ${momentWords(first.at)} to ${momentWords(last.at)}: ${plural(count, 'reading')}`,
    ...(series.switches ? [] : [`from ${valueWords(low, unit)} to ${valueWords(high, unit)}`]),
    `${plural(series.firings.length, 'reading')} fired`,
    `${plural(series.gaps.length, 'gap')}.`,
  ].join(', ');
}

/** What was expected at a time: the firing reading's own band where there is one, else the band in force. */
export function expectedAt(series: ChartSeries, at: number): { low: number; high: number } | undefined {
  const firing = series.firings.find((reading) => reading.at === at);
  if (firing?.low != null && firing.high != null) return { low: firing.low, high: firing.high };
  const band: Band | undefined = bandAt(series.band, at);
  return band;
}

/** The firing reading that a point stands for: the same time, or inside the point's bucket. */
export function firingAt(series: ChartSeries, point: Point): Firing | undefined {
  if (point.count === 1) return series.firings.find((reading) => reading.at === point.at);
  const next = series.points[series.points.indexOf(point) + 1]?.at ?? Number.POSITIVE_INFINITY;
  return series.firings.find((reading) => reading.at >= point.at && reading.at < next);
}
