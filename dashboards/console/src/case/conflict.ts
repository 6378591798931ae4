import type { CaseItem } from '../api/model.ts';
import { severityWords, stateWords } from '../words/cases.ts';

/** What a person would want to know before doing it again; empty when only the machine's words changed. */
export function whatChanged(before: CaseItem, after: CaseItem): readonly string[] {
  const changes: string[] = [];
  const add = (what: string, from: string, to: string): void => {
    if (from !== to) changes.push(`${what} ${from} → ${to}`);
  };
  add('state', stateWords[before.state], stateWords[after.state]);
  add('owner', before.owner ?? 'nobody', after.owner ?? 'nobody');
  add('severity', severityWords[before.severity], severityWords[after.severity]);
  return changes;
}
