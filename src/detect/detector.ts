/** One number of one signal at one event time; always finite. */
export interface NumberReading {
  readonly at: number;
  readonly value: number;
}

/** How the gate stands when a reading comes: what a detector needs to draw its band and to protect its memory. */
export interface Judgement {
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
   * The expected band: solved from the score itself at the judgement's bar, so that `low ≤ value ≤ high` exactly
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
  /** Event time at which what is seen now began, where the detector can tell. */
  readonly since: number | undefined;
}

/** The band of a detector that calls no single reading abnormal. */
export const boundless = { low: -Number.MAX_VALUE, high: Number.MAX_VALUE } as const;

/** What a detector says of a reading, judged against what it knew before it. */
export type Score =
  | { readonly status: 'warming-up' }
  | (Judged & {
      readonly status: 'scored';
      /** Which of its models judged, for detectors with several: scores of two of them are not comparable. */
      readonly model: number;
      /** For detectors that look at the last readings together; scores of the two looks are not comparable. */
      readonly stretch: JudgedStretch | undefined;
    });

export const scoreMax = 1e6;

/**
 * A detector: one signal, online, no look-ahead, deterministic. State is plain data that survives JSON unchanged (no
 * NaN, no Infinity, no negative zero), at most 2 KB a signal; restoring it from JSON before every reading changes no
 * score.
 */
export interface Detector<Params extends object, State extends object> {
  readonly kind: string;
  /** Rises when `State` or the arithmetic changes; a state of another version is started afresh. */
  readonly version: number;
  /** What stands where a parameter is not given. A kind without sensible defaults names the missing ones in `check`. */
  readonly defaults: Partial<Params>;
  /** Every problem of the parameters, not the first; empty when they are usable together with the defaults. */
  check(params: Readonly<Record<string, unknown>>): readonly string[];
  init(params: Params): State;
  /** Scores the reading first, then learns from it; changes only `state`. */
  update(params: Params, state: State, reading: NumberReading, judgement: Judgement): Score;
}

/** A detector with its parameters. `State` is known only to the detector that made it. */
export interface BoundDetector {
  readonly kind: string;
  readonly version: number;
  init(): object;
  update(state: object, reading: NumberReading, judgement: Judgement): Score;
}

/** A kind of detector as the registry holds it: its parameter and state types are its own business. */
export interface DetectorKind {
  readonly kind: string;
  readonly version: number;
  check(params: Readonly<Record<string, unknown>>): readonly string[];
  /** `params` must have passed `check`. */
  bind(params: Readonly<Record<string, unknown>>): BoundDetector;
}

export function detectorKind<Params extends object, State extends object>(
  detector: Detector<Params, State>,
): DetectorKind {
  return {
    kind: detector.kind,
    version: detector.version,
    check: (params) => detector.check(params),
    bind(given) {
      // `check` is the proof that defaults and parameters together are Params.
      const params = { ...detector.defaults, ...given } as Params;
      return {
        kind: detector.kind,
        version: detector.version,
        init: () => detector.init(params),
        // A state comes from this detector's own `init` or from a checkpoint of the same version.
        update: (state, reading, judgement) => detector.update(params, state as State, reading, judgement),
      };
    },
  };
}

/** Makes score and band say the same to the last bit, whatever rounding did between them. */
export function agree(score: number, inside: boolean, bar: number): number {
  const bounded = Math.min(score, scoreMax);
  return inside ? Math.min(bounded, bar) : Math.max(bounded, bar * (1 + Number.EPSILON));
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
