/**
 * Which `seq`s of a device have been seen: sorted, disjoint intervals, both ends inclusive, of its last 16 boots.
 *
 * Cost: 16 bytes an interval and about 100 bytes a boot. A device keeps at most 10,000 intervals; beyond that two of the
 * oldest become one, which forgets a gap and never a report: a `seq` inside is looked up before it is called a duplicate.
 */
export interface SeenBoot {
  readonly boot: string;
  /** from, to, from, to, … ascending. */
  readonly intervals: number[];
  /** Below this `seq`, intervals were joined over gaps: being inside one is no proof of having been seen. */
  unsureBelow: number;
  /** It was no longer followed and came back: what comes may close a past gap. Undefined: not looked at yet. */
  isBack?: boolean;
}

export interface SeqGap {
  readonly boot: string;
  readonly from: number;
  readonly to: number;
}

export const bootsMax = 16;
/** Of all boots of a device together. */
export const intervalsMax = 10_000;
/** Gaps of boots that are no longer followed; the oldest are forgotten first. */
export const pastGapsMax = 1_000;

/** The boot's intervals, made if new, and moved to the end as the last used. `evicted` is the boot that made room. */
export function touchBoot(boots: SeenBoot[], boot: string): { seen: SeenBoot; evicted: SeenBoot | undefined } {
  const index = boots.findIndex((item) => item.boot === boot);
  const [found] = index >= 0 ? boots.splice(index, 1) : [];
  const seen = found ?? { boot, intervals: [], unsureBelow: 0 };
  boots.push(seen);
  return { seen, evicted: boots.length > bootsMax ? boots.shift() : undefined };
}

/** Adds a `seq` of one of `boots`, joining neighbours. False when it lies in an interval already. */
export function addSeq(boots: readonly SeenBoot[], seen: SeenBoot, seq: number): boolean {
  const { intervals } = seen;
  const last = intervals.length - 1;
  if (last > 0 && intervals[last] === seq - 1) {
    intervals[last] = seq;
    return true;
  }
  const at = intervalAt(intervals, seq);
  if (at >= 0 && seq <= (intervals[at + 1] ?? -1)) return false;
  const joinsLeft = at >= 0 && intervals[at + 1] === seq - 1;
  const joinsRight = intervals[at + 2] === seq + 1;
  if (joinsLeft && joinsRight) intervals.splice(at + 1, 2);
  else if (joinsLeft) intervals[at + 1] = seq;
  else if (joinsRight) intervals[at + 2] = seq;
  else {
    intervals.splice(at + 2, 0, seq, seq);
    boundIntervals(boots);
  }
  return true;
}

/** Beyond the bound, the two oldest intervals of the boot used longest ago become one. */
function boundIntervals(boots: readonly SeenBoot[]): void {
  let places = 0;
  for (const { intervals } of boots) places += intervals.length;
  if (places <= 2 * intervalsMax) return;
  const oldest = boots.find(({ intervals }) => intervals.length > 2);
  if (!oldest) return;
  oldest.intervals.splice(1, 2);
  oldest.unsureBelow = Math.max(oldest.unsureBelow, oldest.intervals[1] ?? 0);
}

export function gapsOf(seen: SeenBoot): SeqGap[] {
  const gaps: SeqGap[] = [];
  for (let i = 1; i + 1 < seen.intervals.length; i += 2) {
    gaps.push({ boot: seen.boot, from: (seen.intervals[i] ?? 0) + 1, to: (seen.intervals[i + 1] ?? 0) - 1 });
  }
  return gaps;
}

/** Takes a `seq` that came after all out of the gaps of a boot that is no longer followed. */
export function closePastGap(gaps: SeqGap[], boot: string, seq: number): void {
  const at = gaps.findIndex((gap) => gap.boot === boot && gap.from <= seq && gap.to >= seq);
  const gap = gaps[at];
  if (gap === undefined) return;
  const left = [
    { ...gap, to: seq - 1 },
    { ...gap, from: seq + 1 },
  ];
  gaps.splice(at, 1, ...left.filter(({ from, to }) => from <= to));
}

/** Position of the last interval that begins at or before `seq`; −2 when there is none. */
function intervalAt(intervals: readonly number[], seq: number): number {
  let low = 0;
  let high = intervals.length / 2;
  if (high > 0 && (intervals[intervals.length - 2] ?? 0) <= seq) return intervals.length - 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((intervals[2 * middle] ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return 2 * low - 2;
}
