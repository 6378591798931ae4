import type {
  BacktestPart,
  BacktestPlan,
  BacktestRequest,
  Folded,
  FoldInput,
  PartOutcome,
  WhyAnswer,
  WhyRequest,
} from '../backtest/index.ts';
import { AftercareError, type ErrorCode, isAftercareError } from '../base/index.ts';

/** What every thread needs to know of a plan: not the parts, which are handed out one by one. */
export type SharedPlan = Omit<BacktestPlan, 'parts'>;

export type ToBacktestThread =
  | { readonly kind: 'plan'; readonly request: BacktestRequest }
  | { readonly kind: 'why'; readonly request: WhyRequest }
  | {
      readonly kind: 'part';
      readonly number: number;
      readonly plan: SharedPlan | undefined;
      readonly part: BacktestPart;
    }
  | { readonly kind: 'fold'; readonly plan: SharedPlan; readonly told: FoldInput['told'] };

export type FromBacktestThread =
  | { readonly kind: 'planned'; readonly plan: BacktestPlan }
  | { readonly kind: 'told'; readonly answer: WhyAnswer }
  | { readonly kind: 'reports'; readonly count: number }
  | { readonly kind: 'done'; readonly number: number; readonly outcome: PartOutcome }
  | { readonly kind: 'folded'; readonly folded: Folded }
  | { readonly kind: 'failed'; readonly error: SentError };

/** An error of the world on its way between threads. */
export interface SentError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Our own mistakes are not sent: they end the thread. */
export function sendable(error: unknown): SentError {
  if (!isAftercareError(error)) throw error;
  return { code: error.code, message: error.message, hint: error.hint };
}

export function received({ code, message, hint }: SentError): AftercareError {
  return new AftercareError(code, message, hint === undefined ? {} : { hint });
}
