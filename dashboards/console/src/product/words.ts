import type { CaseItem, Finding } from '../api/model.ts';
import type { BacktestResult, ChangeKind, Stage, TrialScore } from '../api/trial-model.ts';
import { countWords, plural } from '../words/numbers.ts';
import { epoch, lengthWords } from '../words/times.ts';

export const stageWords: Readonly<Record<Stage, string>> = {
  live: 'Live',
  shadow: 'Shadow',
  draft: 'Draft',
  retired: 'Retired',
};

export const stageHelp: Readonly<Record<Stage, string>> = {
  live: 'Opens cases',
  shadow: 'Judges every report and opens no case',
  draft: 'Written, and not judged yet',
  retired: 'Not judged any more',
};

/** What acts first, then what is tried, then the rest. */
export const stages: readonly Stage[] = ['live', 'shadow', 'draft', 'retired'];

export const changeKinds: readonly ChangeKind[] = ['added', 'removed', 'earlier', 'later'];

export const kindWords: Readonly<Record<ChangeKind, string>> = {
  added: 'Added',
  removed: 'Removed',
  earlier: 'Earlier',
  later: 'Later',
};

/** "It would have opened 10 cases instead of 12: 2 removed, 1 earlier; 7 stay the same." */
export function outcomeSentence({ cases }: Pick<BacktestResult, 'cases'>): string {
  const changes = changeKinds.filter((kind) => cases[kind] > 0).map((kind) => `${countWords(cases[kind])} ${kind}`);
  if (changes.length === 0) {
    if (cases.same === 0) return 'Neither pack would have opened a case.';
    return cases.same === 1
      ? 'Nothing changes: the one case is the same.'
      : `Nothing changes: all ${countWords(cases.same)} cases are the same.`;
  }
  const opened = `It would have opened ${plural(cases.candidate, 'case')}`;
  const before = cases.candidate === cases.against ? ', as many as now' : ` instead of ${countWords(cases.against)}`;
  const same =
    cases.same === 0
      ? 'none stays the same'
      : `${countWords(cases.same)} ${cases.same === 1 ? 'stays' : 'stay'} the same`;
  return `${opened}${before}: ${changes.join(', ')}; ${same}.`;
}

/** "90 % (n = 10)"; nothing to go by is said, not shown as zero. */
export function shareWords({ value, n }: TrialScore['precision']): string {
  return value === null ? 'too few to say' : `${Math.round(value * 1000) / 10} % (n\u00a0=\u00a0${countWords(n)})`;
}

export function leadWords({ medianMs, n }: TrialScore['leadTime']): string {
  return medianMs === null ? 'too few to say' : `${lengthWords(medianMs)} (n\u00a0=\u00a0${countWords(n)})`;
}

const besideMs = 86_400_000;

/** The case of the same device and failure mode that was there at the time, or within a day of it. */
export function caseBeside(
  finding: Pick<Finding, 'device' | 'startsAt' | 'endsAt'>,
  failureMode: string,
  cases: readonly CaseItem[],
): CaseItem | undefined {
  const from = epoch(finding.startsAt) - besideMs;
  const to = finding.endsAt === null ? Number.POSITIVE_INFINITY : epoch(finding.endsAt) + besideMs;
  return cases.find((item) => {
    if (item.device !== finding.device || item.failureMode !== failureMode) return false;
    const over = item.resolvedAt === null ? Number.POSITIVE_INFINITY : epoch(item.resolvedAt);
    return epoch(item.startsAt) <= to && over >= from;
  });
}

/** A file's name as the service takes it. */
export function safeFileName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '-').slice(-128);
  return safe === '' ? 'pack.yaml' : safe;
}

/** Where line and column (from 1) stand in a text. */
export function placeIn(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0);
  return Math.min(text.length, before + column - 1);
}
