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
