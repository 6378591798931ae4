import { isAftercareError, secondMs } from '../base/index.ts';
import type { Timers } from '../intake/index.ts';

const retryMaxMs = 30 * secondMs;

/**
 * Tries again while a store does not answer, with growing pauses: the log keeps what is not done. Once `stopped` no pause
 * is made, and an attempt that began after it is the last. Any other error is thrown.
 */
export async function patiently<Value>(
  work: () => Promise<Value>,
  options: {
    readonly stopped: AbortSignal;
    readonly timers: Timers;
    readonly onTrouble: (error: Error, attempt: number) => void;
  },
): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    const isLast = options.stopped.aborted;
    try {
      return await work();
    } catch (error) {
      if (isLast || !isAftercareError(error, 'store-failed')) throw error;
      options.onTrouble(error, attempt);
      const waitMs = Math.min(retryMaxMs, 100 * 2 ** Math.min(attempt, 10));
      await options.timers.sleep(waitMs, options.stopped);
    }
  }
}
