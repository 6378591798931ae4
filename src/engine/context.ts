import { correctionHorizonMs } from '../telemetry/index.ts';
import { comparePositions, type Position } from './hindsight.ts';

/** What the registry said of a device when a report was judged, from that report on. */
export interface ContextSince {
  readonly from: Position;
  readonly site: string | undefined;
  readonly timezone: string | undefined;
}

type Context = Pick<ContextSince, 'site' | 'timezone'>;

/** A device that moves more often than this within the horizon is corrected by where it was last. */
const contextsMax = 16;

/** What a report is judged by, noted so that it will be judged by the same again. */
export function noteContext(known: readonly ContextSince[], position: Position, now: Context): readonly ContextSince[] {
  const last = known.at(-1);
  const { site, timezone } = now;
  if (last && last.site === site && last.timezone === timezone) return known;
  const horizon = position.at - correctionHorizonMs;
  const first = known.findLastIndex(({ from }) => from.at <= horizon);
  return [...known.slice(Math.max(0, first)), { from: position, site, timezone }].slice(-contextsMax);
}

/** A report that came late is judged by what held for the one before it in event time. */
export function contextAt(known: readonly ContextSince[], position: Position): Context | undefined {
  return known.findLast(({ from }) => comparePositions(from, position) <= 0) ?? known[0];
}
