import { setTimeout as sleep } from 'node:timers/promises';

/** How the service waits and measures spans. A simulation passes its own, so that waiting takes it no time. */
export interface Timers {
  /** Milliseconds that only ever rise: the service's clock may be set, and says nothing of how long something took. */
  readonly now: () => number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Lets everything else that is ready have its turn. */
  readonly turn: () => Promise<void>;
}

export const realTimers: Timers = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }).catch(() => undefined),
  turn: () => new Promise((resolve) => setImmediate(resolve)),
};
