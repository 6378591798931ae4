import { isAftercareError, secondMs } from '../base/index.ts';
import type { Timers } from '../intake/index.ts';

const retryMaxMs = 30 * secondMs;

/**
 * Tries again while a store does not answer, with growing pauses: the log keeps what is not done. Any other error, and
 * one after `stopped`, is thrown; a pause ends at once when `stopped`.
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
    try {
      return await work();
    } catch (error) {
      if (options.stopped.aborted || !isAftercareError(error, 'store-failed')) throw error;
      options.onTrouble(error, attempt);
      const waitMs = Math.min(retryMaxMs, 100 * 2 ** Math.min(attempt, 10));
      await options.timers.sleep(waitMs, options.stopped);
    }
  }
}
