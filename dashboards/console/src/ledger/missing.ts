import type { Gap, LedgerCounts } from '../api/model.ts';
import { countWords } from '../words/numbers.ts';

/**
 * Which accepted reports have not been stored or judged yet, counted in the order in which they were accepted: both go
 * through them in that order. Empty when the counts meet.
 */
export function missingWords(ledger: Pick<LedgerCounts, 'acknowledged' | 'stored' | 'evaluated'>): readonly string[] {
  const range = (done: number): string => {
    const [from, to] = [countWords(done + 1), countWords(ledger.acknowledged)];
    return from === to ? `report ${to} of those accepted is` : `reports ${from} to ${to} of those accepted are`;
  };
  return [
    ...(ledger.stored < ledger.acknowledged ? [`${range(ledger.stored)} not stored yet`] : []),
    ...(ledger.evaluated < ledger.acknowledged ? [`${range(ledger.evaluated)} not judged yet`] : []),
  ];
}

/** Numbers that are missing, both ends included: `4` or `4–6`. */
export function rangeWords({ from, to }: Pick<Gap, 'from' | 'to'>): string {
  return from === to ? `${from}` : `${from}–${to}`;
}

export function reportsIn(gaps: readonly Pick<Gap, 'from' | 'to'>[]): number {
  return gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}
