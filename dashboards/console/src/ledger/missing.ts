import type { Ledger } from '../api/model.ts';
import { countWords } from '../words/numbers.ts';

/**
 * Which accepted reports have not been stored or judged yet, counted in the order in which they were accepted: both go
 * through them in that order. Empty when the counts meet.
 */
export function missingWords(ledger: Pick<Ledger, 'acknowledged' | 'stored' | 'evaluated'>): readonly string[] {
  const range = (done: number): string => {
    const [from, to] = [countWords(done + 1), countWords(ledger.acknowledged)];
    return from === to ? `report ${to} of those accepted is` : `reports ${from} to ${to} of those accepted are`;
  };
  return [
    ...(ledger.stored < ledger.acknowledged ? [`${range(ledger.stored)} not stored`] : []),
    ...(ledger.evaluated < ledger.acknowledged ? [`${range(ledger.evaluated)} not evaluated`] : []),
  ];
}
