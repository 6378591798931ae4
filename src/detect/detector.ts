/** One number of one signal at one event time; always finite. */
export interface NumberReading {
  readonly at: number;
  readonly value: number;
}

/** A reading, and how the gate stands when it comes: what a detector needs to draw its band and to protect its memory. */
export interface WatchedReading extends NumberReading {
  /** The score above which a reading is called abnormal; positive. */
  readonly bar: number;
  /** The same for what the last readings say together, where the detector looks at that too; positive. */
  readonly stretchBar: number;
  /** The detector's finding is open: learn slowly, but do learn. */
  readonly open: boolean;
}

/** A score with the band that it was held against. */
export interface Judged {
  /** How unusual: 0 = as expected; rises to at most {@link scoreMax}; comparable over time for one signal. */
  readonly score: number;
  /**
   * The expected band: solved from the score itself at the reading's bar, so that `low ≤ value ≤ high` exactly
   * when `score ≤ bar`. Finite.
   */
  readonly low: number;
  readonly high: number;
  readonly expected: number;
}

/**
 * What the last `count` readings, the newest included, say together, with a band of its own at `stretchBar`. `value` is
 * the detector's own figure: `level` takes their average, `stuck` how many they are.
 */
export interface JudgedStretch extends Judged {
  readonly value: number;
  readonly count: number;
  /** Event time at which what is seen now began; 0 where the detector cannot tell. */
  readonly since: number;
}

/** The band of a detector that calls no single reading abnormal. */
export const boundless = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE } as const;

/** What a detector says of a reading, judged against what it knew before it. */
export interface Score extends Judged {
  /** While it warms up, nothing else here has a meaning. */
  readonly status: 'warming-up' | 'scored';
  /** Which of its models judged, for detectors with several: scores of two of them are not comparable. */
  readonly model: number;
  /** For detectors that look at the last readings together; scores of the two looks are not comparable. */
  readonly stretch: JudgedStretch | undefined;
}

/** What a detector's scores are of: readings one by one, the last ones together, or either. */
export type Looks = 'readings' | 'stretches' | 'both';

export const scoreMax = 1e6;

const justBeyond = 1 + Number.EPSILON;

/** How many numbers a detector remembers of a signal. */
export interface MemorySize {
  readonly cells: number;
  /** Beside them, as long as it warms up. */
  readonly starts: number;
}

/**
 * Where a detector's memory lies. It holds numbers only and the detector keeps nothing elsewhere, so that whoever owns
 * the memory may put the numbers of another signal there before each reading.
 */
export interface Memory {
  readonly cells: Float64Array;
  /** All zero once the detector has warmed up. */
  readonly starts: Float64Array;
}

/** A detector with its parameters, at work on a memory. */
export interface BoundDetector {
  /** Makes the memory that of a signal never seen. */
  init(): void;
  /**
   * Scores the reading first, then learns from it; changes only the memory. What it returns is one object, made anew by
   * the next call: a reading costs no garbage.
   */
  update(reading: WatchedReading): Score;
}

/**
 * A detector: one signal, online, no look-ahead, deterministic. It remembers at most 2 KB of a signal, all finite
 * numbers; giving it the same numbers in other memory before every reading changes no score.
 */
export interface Detector<Params extends object> {
  readonly kind: string;
  /** Rises when the memory or the arithmetic changes; a memory of another version is started afresh. */
  readonly version: number;
  /** What stands where a parameter is not given. A kind without sensible defaults names the missing ones in `check`. */
  readonly defaults: Partial<Params>;
  readonly size: MemorySize;
  /** With 'stretches', `score` is always 0 and the band {@link boundless}; with 'readings' there is no `stretch`. */
  readonly looks: Looks;
  /** Every problem of the parameters, not the first; empty when they are usable together with the defaults. */
  check(params: Readonly<Record<string, unknown>>): readonly string[];
  bind(params: Params, memory: Memory): BoundDetector;
}

/** A kind of detector as the registry holds it: its parameter type is its own business. */
export interface DetectorKind {
  readonly kind: string;
  readonly version: number;
  readonly size: MemorySize;
  readonly looks: Looks;
  check(params: Readonly<Record<string, unknown>>): readonly string[];
  /** `params` must have passed `check`. */
  bind(params: Readonly<Record<string, unknown>>, memory: Memory): BoundDetector;
}

export function detectorKind<Params extends object>(detector: Detector<Params>): DetectorKind {
  const { kind, version, size, looks, defaults } = detector;
  return {
    kind,
    version,
    size,
    looks,
    check: (params) => detector.check(params),
    // `check` is the proof that defaults and parameters together are Params.
    bind: (given, memory) => detector.bind({ ...defaults, ...given } as Params, memory),
  };
}

/** The one object that a detector answers with; of those it may change. */
export class Answer implements Score {
  status: Score['status'] = 'scored';
  score = 0;
  low: number = boundless.low;
  high: number = boundless.high;
  expected = 0;
  model = 0;
  stretch: StretchAnswer | undefined;
}

export class StretchAnswer implements JudgedStretch {
  score = 0;
  low = 0;
  high = 0;
  expected = 0;
  value = 0;
  count = 0;
  since = 0;
}

/** Makes score and band say the same to the last bit, whatever rounding did between them. */
export function agree(score: number, inside: boolean, bar: number): number {
  const bounded = Math.min(score, scoreMax);
  return inside ? Math.min(bounded, bar) : Math.max(bounded, bar * justBeyond);
}

/** Problems of parameters that no kind with these names knows. */
export function unknownParams(params: Readonly<Record<string, unknown>>, known: readonly string[]): readonly string[] {
  return Object.keys(params)
    .filter((name) => !known.includes(name))
    .map((name) =>
      known.length === 0
        ? `"${name}" is not a parameter; there are none`
        : `"${name}" is not a parameter; there are: ${known.join(', ')}`,
    );
}
