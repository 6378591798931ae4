import { numberWords, withDecimals } from '../words/numbers.ts';
import { clockSecondsWords, clockWords, dayWords } from '../words/times.ts';

const dayS = 86_400;

/** Words of a time axis: clock times, and the day where it changes; days alone when ticks are a day or more apart. */
export function tickWords(ticks: readonly number[]): string[] {
  const first = ticks[0];
  const second = ticks[1];
  const step = first === undefined || second === undefined ? dayS : second - first;
  return ticks.map((tick, index) => {
    const at = tick * 1000;
    if (step >= dayS) return dayWords(at);
    const clock = step < 60 ? clockSecondsWords(at) : clockWords(at);
    const before = ticks[index - 1];
    const newDay = before === undefined || dayWords(before * 1000) !== dayWords(at);
    return newDay ? `${clock}\n${dayWords(at)}` : clock;
  });
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 3 });

/** Numbers of a value axis, as exact as their distance asks for and short enough for it: "0.25", "2,000", "11.4M". */
export function valueTickWords(ticks: readonly number[]): string[] {
  const size = Math.max(...ticks.map(Math.abs));
  if (size >= 100_000) return ticks.map((tick) => compact.format(tick));
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  if (step < 0.000_001) return ticks.map(numberWords);
  const decimals = [0, 1, 2, 3, 4, 5, 6].find((count) => isWhole(step * 10 ** count)) ?? 6;
  return ticks.map((tick) => withDecimals(tick, decimals));
}

const isWhole = (value: number): boolean => Math.abs(value - Math.round(value)) < 0.001;
