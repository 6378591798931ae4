import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import type { Answer, Detector, WatchedReading } from './detector.ts';
import {
  forget,
  type LevelParams,
  type LevelWork,
  level,
  levelAt,
  levelCell,
  levelCells,
  levelStart,
  levelStarts,
  levelUpdate,
  type Season,
  startReadings,
  within,
} from './level.ts';
import { type RecentState, recentAt, recentAverage, recentCells, recentLearn } from './recent.ts';
import {
  periods,
  type SeasonState,
  seasonAt,
  seasonCells,
  seasonExpects,
  seasonInit,
  seasonLearn,
  seasonPeriod,
} from './season.ts';

const cell = {
  /** 1 once `seasons` goes along with the last readings. */
  hasSeasons: 0,
  /** 1 once there is a level of what remains. */
  hasAdjusted: 1,
} as const;

interface SeasonalState {
  readonly own: Cells<typeof cell>;
  /** The signal as it is. */
  readonly plain: LevelWork;
  /** What remains of it without its season; from the second day on. */
  readonly adjusted: LevelWork;
  readonly last32: RecentState;
  /** What the profile expected of the last readings; of one that it could not know, what it was. Once there is a level. */
  readonly seasons: RecentState;
  readonly season: SeasonState;
}

const noSeason: Season = { now: 0, average: 0 };

/**
 * Wrong for this hour of the day or week. A `level` of what remains when the usual course of day or week is taken
 * away. Until two days are seen, and wherever that course explains nothing, it is `level` and nothing else.
 */
export const seasonal: Detector<LevelParams> = {
  kind: 'seasonal',
  version: 2,
  defaults: level.defaults,
  size: { cells: cellCount(cell) + 2 * levelCells + 2 * recentCells + seasonCells, starts: startReadings },
  looks: 'both',
  check: (params) => level.check(params),

  bind(params, { cells, starts }) {
    const state = stateAt(params, cells);
    const { own, plain, season, seasons, last32 } = state;
    const known: Season = { now: 0, average: 0 };
    return {
      init() {
        forget(cells, starts);
        seasonInit(season);
      },
      update(reading) {
        const { at, open } = reading;
        const value = within(reading.value);
        if (levelStarts(plain.state)) return levelStart(plain, starts, value);
        recentLearn(last32, value);
        const answer = levelUpdate(plain, noSeason, reading);
        const expected = seasonExpects(season, at);
        if (own[cell.hasSeasons] === 1) recentLearn(seasons, expected ?? value);
        else seasons.set(last32);
        own[cell.hasSeasons] = 1;
        const adjusted = expected === undefined ? undefined : adjust(state, known, { value, expected }, reading);
        seasonLearn(season, { at, value, spread: plain.state[levelCell.spread], open });
        return adjusted === undefined || seasonPeriod(season) === periods.none ? answer : adjusted;
      },
    };
  },
};

function stateAt(params: LevelParams, cells: Float64Array): SeasonalState {
  const levels = cellCount(cell);
  const recents = levels + 2 * levelCells;
  const last32 = recentAt(cells, recents);
  const adjusted = levelAt(params, cells, levels + levelCells, last32);
  adjusted.answer.model = 1;
  return {
    own: cellsAt(cell, cells, 0),
    plain: levelAt(params, cells, levels, last32),
    adjusted,
    last32,
    seasons: recentAt(cells, recents + recentCells),
    season: seasonAt(cells, recents + 2 * recentCells),
  };
}

function adjust(
  { own, plain, adjusted, seasons }: SeasonalState,
  known: Season,
  { value, expected }: { readonly value: number; readonly expected: number },
  reading: WatchedReading,
): Answer {
  if (own[cell.hasAdjusted] === 0) {
    adjusted.state.set(plain.state);
    adjusted.state[levelCell.seen] = startReadings;
    adjusted.state[levelCell.slow] = value - expected;
    adjusted.state[levelCell.fast] = value - expected;
    own[cell.hasAdjusted] = 1;
  }
  // Taking a curve away makes every reading move: how the signal itself moves is known from the plain one.
  adjusted.state[levelCell.change] = plain.state[levelCell.change];
  adjusted.state[levelCell.changes] = plain.state[levelCell.changes];
  known.now = expected;
  known.average = recentAverage(seasons);
  return levelUpdate(adjusted, known, reading);
}
