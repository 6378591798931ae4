import { type ChartSeries, nearestIndex } from './series.ts';

/** How far Shift and the page keys go. */
const stride = 10;

/**
 * The reading that a key leads to: arrows, Home and End, page keys, and N and P for the next and previous reading that
 * fired. `current` is undefined before the first key, which then starts at the newest reading. Undefined for other keys.
 */
export function nextIndex(
  series: ChartSeries,
  current: number | undefined,
  key: string,
  far: boolean,
): number | undefined {
  const last = series.points.length - 1;
  if (last < 0) return undefined;
  const step = steps[key];
  if (step !== undefined) {
    if (current === undefined) return last;
    return Math.min(last, Math.max(0, current + step * (far && Math.abs(step) === 1 ? stride : 1)));
  }
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key === 'n' || key === 'N') return firing(series, current ?? -1, 1);
  if (key === 'p' || key === 'P') return firing(series, current ?? last + 1, -1);
  return undefined;
}

const steps: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowUp: 1,
  PageDown: -stride,
  PageUp: stride,
};

function firing(series: ChartSeries, current: number, direction: 1 | -1): number | undefined {
  const indices = series.firings.map((reading) => nearestIndex(series.points, reading.at));
  return direction === 1 ? indices.find((index) => index > current) : indices.findLast((index) => index < current);
}
