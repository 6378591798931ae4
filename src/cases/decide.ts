import type { Case, CaseAction, CaseChange, Finding, TimelineItem } from './case.ts';
import { decideFinding, type Effect, type Naming } from './decide-finding.ts';
import type { Standing } from './route.ts';
import { wordsOfInstant, wordsOfVerdict } from './words.ts';

export type Decision =
  | ({
      readonly kind: 'done';
      /** The case as it is now; undefined when none changed. */
      readonly case: Case | undefined;
      readonly finding: Finding | undefined;
      readonly timeline: readonly TimelineItem[];
    } & Pick<Effect, 'silence' | 'kept' | 'isOpening'>)
  | {
      readonly kind: 'refused';
      readonly code: 'case-not-found' | 'version-conflict' | 'case-refused';
      readonly reason: string;
    };

/** What a person does. */
export type PersonChange = Exclude<CaseChange, { kind: 'finding' | 'tick' }>;

export type FindingCaseChange = Extract<CaseChange, { kind: 'finding' }>;

/** What a finding's event or a person does to one case. An event is given once; repeats are the caller's to drop. */
export function decide(standing: Standing, change: FindingCaseChange | PersonChange, naming: Naming): Decision {
  if (change.kind === 'finding') return { kind: 'done', ...decideFinding(standing, change, naming) };
  return decideAction(standing.subject, change);
}

/** What people may do with a case, and why not. */
export function actions(item: Case): readonly CaseAction[] {
  return (['acknowledge', 'resolve'] as const).map((name) => {
    const reason = whyNot(item, name);
    return { name, allowed: reason === null, reason };
  });
}

function whyNot(item: Case, name: CaseAction['name']): string | null {
  if (item.state === 'resolved') return whyResolved(item);
  if (name === 'acknowledge' && item.state === 'acknowledged') return `${item.owner} has taken this case already.`;
  return null;
}

function whyResolved(item: Case): string {
  const when = wordsOfInstant(item.resolvedAt ?? item.updatedAt);
  const verdict = item.verdict === null ? '' : ` as ${wordsOfVerdict(item.verdict)}`;
  if (item.resolvedBy === 'engine' && item.verdict === 'duplicate') {
    return `The device above was silent too: this case went into that one's on ${when}.`;
  }
  if (item.verdict === 'retracted') return `Corrections left this case without a finding: it was withdrawn on ${when}.`;
  return `${item.resolvedBy} resolved this case on ${when}${verdict}.`;
}

function decideAction(item: Case | undefined, change: PersonChange): Decision {
  if (item === undefined) return { kind: 'refused', code: 'case-not-found', reason: 'There is no such case.' };
  if (item.version !== change.version) {
    const versions = `it is at version ${item.version}, you saw ${change.version}`;
    const reason = `Case #${item.number} has changed since you read it: ${versions}.`;
    return { kind: 'refused', code: 'version-conflict', reason };
  }
  const reason = whyNot(item, change.kind);
  if (reason !== null) return { kind: 'refused', code: 'case-refused', reason };
  const changed = { ...item, version: item.version + 1, updatedAt: change.now };
  const entry = { id: `${item.id}@${changed.version}`, at: change.now, actor: change.actor };
  if (change.kind === 'acknowledge') {
    return {
      kind: 'done',
      case: { ...changed, state: 'acknowledged', owner: change.actor },
      finding: undefined,
      timeline: [{ ...entry, kind: 'acknowledged', text: 'Took the case.', data: {} }],
    };
  }
  const { verdict, now: resolvedAt, actor: resolvedBy } = change;
  const note = change.note?.trim() || null;
  const text = `Resolved as ${wordsOfVerdict(verdict)}.${note === null ? '' : ` ${note}`}`;
  return {
    kind: 'done',
    case: { ...changed, state: 'resolved', verdict, note, resolvedAt, resolvedBy },
    finding: undefined,
    timeline: [{ ...entry, kind: 'resolved', text, data: { verdict, note } }],
  };
}
