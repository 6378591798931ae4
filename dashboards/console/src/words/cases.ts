import type { CaseItem, CaseState, Severity } from '../api/model.ts';
import { countWords, plural } from './numbers.ts';
import { epoch, shortMomentWords } from './times.ts';

export const severityWords: Readonly<Record<Severity, string>> = {
  info: 'Info',
  minor: 'Minor',
  major: 'Major',
  critical: 'Critical',
};

export const stateWords: Readonly<Record<CaseState, string>> = {
  new: 'New',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
};

/** The verdicts a person gives, in the order of their keys 1 to 9. */
export const verdicts = [
  { id: 'confirmed_fault', title: 'Confirmed fault', help: 'Something was wrong, found before it failed' },
  { id: 'confirmed_failure', title: 'Confirmed failure', help: 'It had failed already; we were late' },
  { id: 'no_fault_found', title: 'No fault found', help: 'Checked, nothing wrong yet' },
  { id: 'false_alarm', title: 'False alarm', help: 'The sensor, the environment or the rule misled us' },
  { id: 'self_recovered', title: 'Recovered by itself', help: 'Back to normal without anyone acting' },
  { id: 'customer_declined', title: 'Customer declined', help: 'They chose to leave it' },
  { id: 'unreachable', title: 'Customer unreachable', help: 'Tried, no answer' },
  { id: 'duplicate', title: 'Duplicate', help: 'Another case is about the same thing' },
  { id: 'preempted', title: 'Customer told us first', help: 'They noticed before this case did' },
] as const;

export type VerdictId = (typeof verdicts)[number]['id'];

export function verdictWords(verdict: string): string {
  if (verdict === 'retracted') return 'Taken back by late reports';
  return verdicts.find((known) => known.id === verdict)?.title ?? verdict.replaceAll('_', ' ');
}

/** How often it came, or on how many devices: "3 times since 21 Nov, 20:00; 1 holds now". */
export function countedWords(item: CaseItem): string {
  const { findings, findingsOpen, devices, storm, startsAt } = item;
  const holding =
    findingsOpen === 0 ? 'none holds now' : `${countWords(findingsOpen)} ${findingsOpen === 1 ? 'holds' : 'hold'} now`;
  if (storm !== null) return `${plural(findings, 'finding')} on ${plural(devices, 'device')}; ${holding}`;
  if (devices > 1) return `${plural(devices - 1, 'device')} behind it; of ${plural(findings, 'finding')} ${holding}`;
  return `${plural(findings, 'time')} since ${shortMomentWords(epoch(startsAt))}; ${holding}`;
}
