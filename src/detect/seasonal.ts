import type { Detector, Judgement, Score } from './detector.ts';
import {
  type LevelParams,
  type LevelState,
  level,
  levelInit,
  levelUpdate,
  recall,
  startReadings,
  within,
} from './level.ts';
import { type RecentState, recentAverage, recentInit, recentLearn } from './recent.ts';
import { type SeasonState, seasonAt, seasonInit, seasonLearn } from './season.ts';

interface SeasonalState {
  /** The signal as it is. */
  readonly plain: LevelState;
  /** What remains of it without its season; from the second day on. */
  adjusted?: LevelState;
  readonly last32: RecentState;
  /** What the profile expected of the last readings; of one that it could not know, what it was. Once there is a level. */
  seasons?: RecentState;
  readonly season: SeasonState;
}

const noSeason = { now: 0, average: 0 };

/**
 * Wrong for this hour of the day or week. A `level` of what remains when the usual course of day or week is taken
 * away. Until two days are seen, and wherever that course explains nothing, it is `level` and nothing else.
 */
export const seasonal: Detector<LevelParams, SeasonalState> = {
  kind: 'seasonal',
  version: 1,
  defaults: level.defaults,
  check: (params) => level.check(params),

  init: () => ({
    plain: levelInit(),
    last32: recentInit(),
    season: seasonInit(),
  }),

  update(params, state, reading, judgement) {
    const { at } = reading;
    const value = within(reading.value);
    const { plain, season, last32 } = state;
    recall(plain, last32, value);
    const score = levelUpdate(params, plain, { value, last32, season: noSeason }, judgement);
    if (score.status === 'warming-up') return score;
    const expected = seasonAt(season, at);
    if (state.seasons) recentLearn(state.seasons, expected ?? value);
    else state.seasons = { ...last32, sums: [...last32.sums] };
    const adjusted = expected === undefined ? undefined : adjust(params, state, { value, expected }, judgement);
    seasonLearn(season, { at, value, spread: plain.spread, open: judgement.open });
    if (adjusted?.status !== 'scored' || season.period === 'none') return score;
    return { ...adjusted, model: 1 };
  },
};

function adjust(
  params: LevelParams,
  state: SeasonalState,
  { value, expected }: { readonly value: number; readonly expected: number },
  judgement: Judgement,
): Score {
  const { plain, last32, seasons = last32 } = state;
  state.adjusted ??= { ...plain, seen: startReadings, start: [], slow: value - expected, fast: value - expected };
  // Taking a curve away makes every reading move: how the signal itself moves is known from the plain one.
  state.adjusted.change = plain.change;
  state.adjusted.changes = plain.changes;
  const season = { now: expected, average: recentAverage(seasons) };
  return levelUpdate(params, state.adjusted, { value, last32, season }, judgement);
}
