import type { SentError } from '../base/index.ts';

/** One call, to be begun in the order in which it was made. */
export interface ToThread {
  readonly id: number;
  readonly call: string;
  readonly asked: readonly unknown[];
}

/** `done` and `failed` answer the call of that id; what is `told` answers nobody. */
export type FromThread =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: SentError }
  | { readonly kind: 'told'; readonly told: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError };
