/** One number of one signal at one event time. */
export interface NumberReading {
  readonly at: number;
  readonly value: number;
}

/** What a detector says of a reading, judged against what it knew before it. */
export type Score =
  | { readonly status: 'warming-up' }
  | {
      readonly status: 'scored';
      /** How unusual: 0 = as expected; rises without bound; comparable over time for one signal. Finite. */
      readonly score: number;
      /** The expected band: solved from the score itself, so `low ≤ value ≤ high` exactly when the score is not beyond the bar. */
      readonly low: number;
      readonly high: number;
      readonly expected: number;
    };

/**
 * A detector: one signal, online, no look-ahead, deterministic. State is plain data that survives JSON unchanged (no
 * NaN, no Infinity), at most 2 KB a signal; restoring it from JSON before every reading changes no score.
 */
export interface Detector<Params extends object, State> {
  readonly kind: string;
  /** Rises when `State` or the arithmetic changes; a state of another version is started afresh. */
  readonly version: number;
  readonly defaults: Params;
  /** Every problem of the parameters, not the first; empty when they are usable. */
  check(params: Readonly<Record<string, unknown>>): readonly string[];
  init(params: Params): State;
  /** Scores the reading first, then learns from it; changes only `state`. `open`: its finding is open, learn slowly. */
  update(params: Params, state: State, reading: NumberReading, open: boolean): Score;
}
