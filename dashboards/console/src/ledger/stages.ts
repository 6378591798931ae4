import type { LedgerCounts } from '../api/model.ts';

/** One count of the ledger in words: what it is, and what it means. */
export interface CountWords {
  readonly name: keyof LedgerCounts;
  readonly title: string;
  readonly help: string;
}

/** What every received report became; together they are what was received. */
export const outcomes = [
  { name: 'acknowledged', title: 'Accepted', help: 'new, and readable' },
  { name: 'duplicates', title: 'Sent twice', help: 'known already, counted once' },
  { name: 'quarantined', title: 'Set aside', help: 'could not be read or used' },
] as const satisfies readonly CountWords[];

/** How far the accepted ones have come. */
export const stages = [
  { name: 'stored', title: 'Stored', help: 'kept for charts' },
  { name: 'evaluated', title: 'Judged', help: 'seen by rules and detectors' },
] as const satisfies readonly CountWords[];

/** Worth a line each when they happened. */
export const exceptions = [
  { name: 'late', title: 'Came late', help: 'after a newer report of the device' },
  { name: 'tooLate', title: 'Too late to judge', help: 'stored, older than corrections reach' },
  { name: 'uncorrected', title: 'Late, not judged', help: 'stored; the service’s log says why' },
  { name: 'conflicts', title: 'Number used twice', help: 'same number, other content: both are kept' },
  {
    name: 'readingsRejected',
    title: 'Readings set aside',
    help: 'unknown or out of kind; the rest of the report counts',
  },
] as const satisfies readonly CountWords[];

/** A moment behind is how it works; longer means that something is stuck. */
const stuckMs = 60_000;

/** Since when the counts have not met, once that is worth an alarm; undefined before. */
export function stuckForMs(behindSinceMs: number | undefined, now: number): number | undefined {
  if (behindSinceMs === undefined) return undefined;
  const forMs = now - behindSinceMs;
  return forMs > stuckMs ? forMs : undefined;
}
