import type { Clock } from '../base/index.ts';

/** Slows down guessing: after `failuresMax` failures of one key it must wait, each time twice as long, up to 15 min. */
export interface Throttle {
  /** Counts an attempt as failed until {@link succeeded}. Returns how long the caller must wait first; 0 = go on. */
  attempt(key: string): number;
  succeeded(key: string): void;
}

interface Failures {
  count: number;
  /** Nothing is tried before this time. */
  until: number;
  last: number;
}

const firstWaitMs = 5_000;
const longestWaitMs = 15 * 60_000;
/** Without a failure for so long, a key starts afresh. */
const forgetMs = 60 * 60_000;
/** Keys remembered; the one that was longest without a failure goes first. */
const keysMax = 10_000;

export function createThrottle(clock: Clock, failuresMax: number): Throttle {
  const failures = new Map<string, Failures>();
  return {
    attempt(key) {
      const now = clock();
      const known = failures.get(key);
      const entry = known && now - known.last < forgetMs ? known : { count: 0, until: 0, last: now };
      if (entry.until > now) return entry.until - now;
      entry.count++;
      entry.last = now;
      const beyond = entry.count - failuresMax;
      if (beyond >= 0) entry.until = now + Math.min(firstWaitMs * 2 ** beyond, longestWaitMs);
      failures.delete(key);
      failures.set(key, entry);
      if (failures.size > keysMax) failures.delete(failures.keys().next().value ?? key);
      return 0;
    },
    succeeded(key) {
      failures.delete(key);
    },
  };
}
