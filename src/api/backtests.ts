/** A pack as it was sent. */
export interface SentPack {
  /** Named in its problems. */
  readonly file: string;
  readonly source: string;
}

export interface BacktestAsked {
  readonly product: string;
  readonly candidate: SentPack;
  /** Undefined: the version in force. */
  readonly against: SentPack | undefined;
  /** Event time, epoch ms. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  /** Undefined: all of the product. */
  readonly devices: readonly string[] | undefined;
}

export const backtestStates = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;
export type BacktestState = (typeof backtestStates)[number];

/** A backtest as it stands. Times are epoch ms, the service's clock. */
export interface BacktestRun {
  readonly id: string;
  readonly product: string;
  readonly state: BacktestState;
  readonly createdAt: number;
  readonly endedAt: number | undefined;
  readonly progress: { readonly reports: number; readonly total: number; readonly share: number };
  /** Why it failed. */
  readonly problem: string | undefined;
  /** Plain JSON, once it is done; what it holds is the backtest's own contract. */
  readonly result: unknown;
}

/** What became of a wish: a run, or every problem of its packs as `file:line:col: text`. */
export type BacktestStart =
  | { readonly run: BacktestRun; readonly problems?: undefined }
  | { readonly run?: undefined; readonly problems: readonly string[] };

/**
 * Backtests over what the service has stored, in threads of their own: one at a time, the others wait. A bounded number
 * that are over is kept in memory; a restart forgets them.
 */
export interface Backtests {
  /** Throws `too-many-requests` when too many wait. */
  start(asked: BacktestAsked): BacktestStart;
  get(id: string): BacktestRun | undefined;
  /** Newest first. */
  list(product: string): readonly BacktestRun[];
  /** Ends it if it is not over; undefined for one that is not there. */
  cancel(id: string): BacktestRun | undefined;
}
