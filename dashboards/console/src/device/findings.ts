import type { Finding } from '../api/model.ts';
import { epoch } from '../words/times.ts';

/** What holds now, then what is over; the newest of each first. */
export function newestFirst<Item extends Pick<Finding, 'state' | 'startsAt'>>(findings: readonly Item[]): Item[] {
  const over = (item: Item): number => (item.state === 'raised' ? 0 : 1);
  return findings.toSorted((a, b) => over(a) - over(b) || epoch(b.startsAt) - epoch(a.startsAt));
}

/** Who found it, in words. A rule's finding without a case is hidden, or that of a rule which is tried out. */
export function sourceWords(finding: Pick<Finding, 'source' | 'case' | 'hiddenBy'>): string {
  const { source, case: caseId, hiddenBy } = finding;
  const isShadow = caseId === null && hiddenBy.length === 0;
  const [kind = '', ...rest] = source.split(':');
  const name = rest.join(':');
  if (kind === 'rule') return isShadow ? `Rule ${name}, in shadow: it opens no case` : `Rule ${name}`;
  if (kind === 'range') return `Outside its possible range: ${name}`;
  if (kind === 'fault') return `Fault code ${name}`;
  if (kind === 'silent') return 'Silence';
  if (kind === 'assist') return 'Help was asked for on the device';
  return name === '' ? source : `Detector ${kind} on ${name}`;
}
