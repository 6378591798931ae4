import { describe, expect, it } from 'vitest';
import { actions, type Case, type Decision, decide, type Finding, type Standing } from '../../src/cases/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { eventOf, start } from './events.ts';

const naming = { idOf: (text: string) => `id of ${text}`, nextNumber: () => 1042 };
const nothing: Standing = { subject: undefined, finding: undefined, open: undefined, resolved: undefined };
const now = start + 60_000;

type Done = Extract<Decision, { kind: 'done' }>;

function done(standing: Partial<Standing>, change: Parameters<typeof decide>[1]): Done {
  const decision = decide({ ...nothing, ...standing }, change, naming);
  if (decision.kind !== 'done') throw new Error(decision.reason);
  return decision;
}

function found(standing: Partial<Standing>, event: FindingEvent): Done {
  return done(standing, { kind: 'finding', event, now });
}

/** A case as opened by its first finding, and that finding. */
function opened(changes: Partial<FindingEvent> = {}): { item: Case; finding: Finding } {
  const { case: item, finding } = found({}, eventOf('1', 0, changes));
  if (item === undefined || finding === undefined) throw new Error('no case was opened');
  return { item, finding };
}

function texts(decision: Done): string[] {
  return decision.timeline.map(({ kind, text }) => `${kind}: ${text}`);
}

describe('a new finding', () => {
  it('opens a case named after it', () => {
    const event = eventOf('1', 0);
    const decision = found({}, event);
    expect(decision.case).toMatchObject({
      id: `id of ${event.finding}`,
      number: 1042,
      title: 'Losing refrigerant',
      explanation: event.explanation,
      createdAt: now,
      recurrenceOf: null,
    });
    expect(decision.finding).toMatchObject({ id: event.finding, state: 'raised', case: `id of ${event.finding}` });
    expect(texts(decision)).toEqual(['opened: Opened: Runs 21 h a day (1); normal for it is 9–12 h.']);
  });

  it('opens a case after a resolved one and says which', () => {
    const { item } = opened();
    const resolved: Case = { ...item, id: 'r', number: 7, state: 'resolved', verdict: 'false_alarm' };
    const decision = found({ resolved }, eventOf('2', 0));
    expect(decision.case).toMatchObject({ state: 'new', recurrenceOf: 'r' });
    expect(texts(decision)[0]).toContain('Opened after case #7, which was resolved as a false alarm: Runs 21 h');
  });

  it('joins the open case and leaves what people wrote', () => {
    const { item } = opened();
    const open: Case = { ...item, state: 'acknowledged', owner: 'Ana', note: 'Called.', version: 4 };
    const decision = found({ open }, eventOf('2', 0, { severity: 'info' }));
    expect(decision.case).toEqual({ ...open, version: 5, updatedAt: now, findings: 2, findingsOpen: 2 });
    expect(texts(decision)).toEqual([
      'joined: Another finding joined: Runs 21 h a day (2); normal for it is 9–12 h. That is 2 times since 2025-11-21 19:00 UTC.',
    ]);
  });

  it('raises severity and safety, with its own reason', () => {
    const { item } = opened();
    const decision = found({ open: item }, eventOf('2', 0, { severity: 'critical', safety: true }));
    expect(decision.case).toMatchObject({ severity: 'critical', safety: true });
    expect(decision.case?.explanation).toContain('(2)');
    expect(texts(decision)[1]).toBe('escalated: Severity raised from minor to critical. Now a matter of safety.');
    expect(new Set(decision.timeline.map(({ id }) => id)).size).toBe(2);
  });

  it('opens and joins nothing when its source opens no case', () => {
    const { item } = opened();
    const event = eventOf('2', 0, { opensCase: false, severity: 'critical' });
    for (const standing of [{}, { open: item }]) {
      expect(found(standing, event)).toMatchObject({ case: undefined, timeline: [], finding: { case: null } });
    }
  });
});

describe('a further event of a finding', () => {
  it('adds to the timeline when it clears, and changes no state', () => {
    const { item, finding } = opened();
    const event = eventOf('1', 1, { endsAt: start });
    const decision = found({ subject: item, finding, open: item }, event);
    expect(decision.case).toEqual({ ...item, version: 2, updatedAt: now, findingsOpen: 0 });
    expect(decision.finding).toMatchObject({ state: 'cleared', endsAt: start, case: item.id });
    expect(texts(decision)).toEqual([
      'cleared: The condition ended at 2025-11-21 20:00 UTC. No finding of this case holds now.',
    ]);
  });

  it('says how many findings still hold', () => {
    const { item, finding } = opened();
    const clear = (open: number) => {
      const subject = { ...item, findings: 3, findingsOpen: open };
      return texts(found({ subject, finding }, eventOf('1', 1, { endsAt: start })))[0];
    };
    expect(clear(2)).toContain('One finding still holds.');
    expect(clear(3)).toContain('2 findings still hold.');
  });

  it('tells a resolved case that it cleared, and nothing else', () => {
    const { item, finding } = opened();
    const resolved: Case = { ...item, state: 'resolved', verdict: 'false_alarm', resolvedAt: 1, resolvedBy: 'Ana' };
    const decision = found({ subject: resolved, finding, resolved }, eventOf('1', 1));
    expect(decision.case).toEqual({ ...resolved, version: 2, updatedAt: now, findingsOpen: 0 });
    const worse = eventOf('1', 1, { state: 'updated', severity: 'critical', explanation: 'Worse.' });
    expect(found({ subject: resolved, finding, resolved }, worse)).toMatchObject({ case: undefined, timeline: [] });
  });

  it('never opens a second case when it is updated after the case was resolved and another one is open', () => {
    const { item, finding } = opened();
    const resolved: Case = { ...item, state: 'resolved' };
    const open: Case = { ...item, id: 'other' };
    const event = eventOf('1', 1, { state: 'updated', explanation: 'Worse.' });
    expect(found({ subject: resolved, finding, open, resolved }, event)).toMatchObject({
      case: undefined,
      finding: { case: item.id, explanation: 'Worse.' },
    });
  });

  it('refreshes the reason that the case shows when it is its own', () => {
    const { item, finding } = opened();
    const event = eventOf('1', 1, { state: 'updated', explanation: 'Runs 22 h a day.' });
    const own = found({ subject: item, finding }, event);
    expect(own.case).toMatchObject({ explanation: 'Runs 22 h a day.', version: 2 });
    expect(texts(own)).toEqual(['updated: Runs 22 h a day.']);
    const subject = { ...item, explanation: 'Of another finding.' };
    expect(found({ subject, finding }, event)).toMatchObject({ case: undefined, timeline: [] });
    const same = eventOf('1', 1, { state: 'updated' });
    expect(found({ subject: item, finding }, same)).toMatchObject({ case: undefined, timeline: [] });
  });

  it('raises severity, never lowers it', () => {
    const { item, finding } = opened({ severity: 'major', safety: true });
    const lower = eventOf('1', 1, { state: 'updated', severity: 'info', safety: false });
    expect(found({ subject: item, finding }, lower).case).toBeUndefined();
    const higher = eventOf('1', 1, { state: 'updated', severity: 'critical', explanation: 'Worse.' });
    const decision = found({ subject: item, finding }, higher);
    expect(decision.case).toMatchObject({ severity: 'critical', safety: true, explanation: 'Worse.' });
    expect(texts(decision)).toEqual(['escalated: Severity raised from major to critical.']);
  });

  it('counts again when it holds again', () => {
    const { item, finding } = opened();
    const subject = { ...item, findingsOpen: 0 };
    const event = eventOf('1', 2, { state: 'updated' });
    const decision = found({ subject, finding: { ...finding, state: 'cleared' } }, event);
    expect(decision.case).toMatchObject({ findings: 1, findingsOpen: 1 });
    expect(texts(decision)[0]).toContain('updated: The condition holds again: ');
  });
});

describe('a correction that withdraws a finding', () => {
  const explanation = 'At 19:50 UTC duty was 11 %, says a report that came late. With it, the condition did not hold.';
  const event = eventOf('1', 1, { state: 'retracted', explanation });

  it('leaves a case that has others', () => {
    const { item, finding } = opened();
    const subject = { ...item, findings: 2, findingsOpen: 2 };
    const decision = found({ subject, finding }, event);
    expect(decision.case).toMatchObject({ state: 'new', findings: 1, findingsOpen: 1 });
    expect(texts(decision)).toEqual([
      `retracted: A correction withdrew a finding. ${explanation} One finding still holds.`,
    ]);
    expect(decision.timeline[0]?.data).toMatchObject({ evidence: event.evidence });
  });

  it('withdraws a case that nobody has touched', () => {
    const { item, finding } = opened();
    const decision = found({ subject: item, finding }, event);
    expect(decision.case).toMatchObject({
      state: 'resolved',
      verdict: 'retracted',
      resolvedAt: now,
      resolvedBy: 'engine',
      version: 2,
    });
    const withdrawn = decision.case;
    if (withdrawn === undefined) throw new Error('no case');
    expect(actions(withdrawn)[1]).toMatchObject({
      allowed: false,
      reason: 'Corrections left this case without a finding: it was withdrawn on 2025-11-21 20:01 UTC.',
    });
  });

  it('leaves a case that somebody has taken, and says so', () => {
    const { item, finding } = opened();
    const subject: Case = { ...item, state: 'acknowledged', owner: 'Ana' };
    const decision = found({ subject, finding }, event);
    expect(decision.case).toMatchObject({ state: 'acknowledged', findings: 0 });
    expect(texts(decision)).toEqual([
      `retracted: Corrections left this case without a finding. ${explanation} It stays open because Ana has taken it.`,
    ]);
  });

  it('asks anew, under another id, when the finding holds after all', () => {
    const { item, finding } = opened();
    const withdrawn: Case = { ...item, findings: 0, findingsOpen: 0, state: 'resolved', verdict: 'retracted' };
    const again = eventOf('1', 2, { state: 'raised' });
    const standing = { subject: withdrawn, finding: { ...finding, state: 'retracted' as const }, resolved: withdrawn };
    expect(found(standing, again).case).toMatchObject({
      id: `id of ${again.id}`,
      state: 'new',
      recurrenceOf: item.id,
    });
  });
});

describe('what people do', () => {
  const { item } = opened();
  const seen = { case: item.id, version: 1, actor: 'Ana', now };
  const resolution = { kind: 'resolve', ...seen, verdict: 'no_fault_found' } as const;

  it('takes the case for the one who acknowledges', () => {
    const decision = done({ subject: item }, { kind: 'acknowledge', ...seen });
    expect(decision.case).toEqual({ ...item, state: 'acknowledged', owner: 'Ana', version: 2, updatedAt: now });
    expect(decision.timeline).toEqual([
      { id: `${item.id}@2`, at: now, kind: 'acknowledged', actor: 'Ana', text: 'Took the case.', data: {} },
    ]);
  });

  it.each([item, { ...item, state: 'acknowledged' as const, owner: 'Bo' }])('resolves a case that is $state', (one) => {
    const decision = done({ subject: one }, { ...resolution, note: ' Door was open. ' });
    expect(decision.case).toMatchObject({
      state: 'resolved',
      owner: one.owner,
      verdict: 'no_fault_found',
      note: 'Door was open.',
      resolvedAt: now,
      resolvedBy: 'Ana',
    });
    expect(texts(decision)).toEqual(['resolved: Resolved as no fault found. Door was open.']);
  });

  it('keeps an empty note for none', () => {
    for (const note of [undefined, '', '  ']) {
      expect(done({ subject: item }, { ...resolution, note }).case?.note).toBeNull();
    }
  });

  it('refuses, with the reason, in this order: unknown, changed, not allowed', () => {
    const refused = (subject: Case | undefined) => decide({ ...nothing, subject }, { ...resolution, note: '' }, naming);
    expect(refused(undefined)).toMatchObject({ code: 'case-not-found' });
    const resolved: Case = { ...item, state: 'resolved', verdict: 'duplicate', resolvedAt: start, resolvedBy: 'Bo' };
    expect(refused({ ...resolved, version: 3 })).toMatchObject({
      code: 'version-conflict',
      reason: 'Case #1042 has changed since you read it: it is at version 3, you saw 1.',
    });
    expect(refused(resolved)).toEqual({
      kind: 'refused',
      code: 'case-refused',
      reason: 'Bo resolved this case on 2025-11-21 20:00 UTC as a duplicate.',
    });
  });

  it('offers what is allowed, and says why something is not', () => {
    expect(actions(item)).toEqual([
      { name: 'acknowledge', allowed: true, reason: null },
      { name: 'resolve', allowed: true, reason: null },
    ]);
    expect(actions({ ...item, state: 'acknowledged', owner: 'Bo' })).toEqual([
      { name: 'acknowledge', allowed: false, reason: 'Bo has taken this case already.' },
      { name: 'resolve', allowed: true, reason: null },
    ]);
  });
});

describe('a correction of when a finding held', () => {
  const minute = 60_000;

  it('moves the case that tells its times', () => {
    const { item, finding } = opened();
    const startsAt = finding.startsAt - 10 * minute;
    const openedAt = finding.openedAt - 10 * minute;
    const event = eventOf('1', 1, { state: 'updated', correction: 'moved', startsAt, openedAt });
    const decision = found({ subject: item, finding }, event);
    expect(decision.case).toMatchObject({ startsAt, openedAt, findingsOpen: 1, version: 2 });
    expect(texts(decision)).toEqual([
      'moved: Readings that came late show that it began at 2025-11-21 18:50 UTC, not at 2025-11-21 19:00 UTC. ' +
        'One finding still holds.',
    ]);
    expect(decision.timeline[0]?.data).toMatchObject({ was: { startsAt: finding.startsAt }, evidence: event.evidence });
  });

  it('tells that it ended later, and leaves the times of a case that another finding opened', () => {
    const { item, finding } = opened();
    const ended: Finding = { ...finding, state: 'cleared', startsAt: start, endsAt: start + minute };
    const subject = { ...item, findings: 2, findingsOpen: 1 };
    const event = eventOf('1', 2, { correction: 'extended', startsAt: start, endsAt: start + 5 * minute });
    const others = [{ ...finding, id: 'opening' }, ended];
    const decision = found({ subject, finding: ended, others }, event);
    expect(decision.case).toMatchObject({ startsAt: item.startsAt, openedAt: item.openedAt, findingsOpen: 1 });
    expect(texts(decision)).toEqual([
      'extended: Readings that came late show that it ended at 2025-11-21 20:05 UTC, not at 2025-11-21 20:01 UTC. ' +
        'One finding still holds.',
    ]);
    expect(decision.finding).toMatchObject({ state: 'cleared', endsAt: start + 5 * minute });
  });

  it('makes a case tell the times of its first finding, whichever came first', () => {
    const { item, finding } = opened();
    const [startsAt, openedAt] = [finding.startsAt - 60 * minute, finding.openedAt - 60 * minute];
    const joined = found({ open: item }, eventOf('2', 0, { startsAt, openedAt }));
    expect(joined.case).toMatchObject({ startsAt, openedAt, findings: 2 });
    const later = found({ open: item }, eventOf('2', 0, { openedAt: finding.openedAt + 1 }));
    expect(later.case).toMatchObject({ startsAt: item.startsAt, openedAt: item.openedAt });
    const [subject, first] = [joined.case, joined.finding];
    if (subject === undefined || first === undefined || first === null) throw new Error('it joined');
    const withdrawn = eventOf('2', 1, { state: 'retracted', startsAt, openedAt });
    const decision = found({ subject, finding: first, others: [finding, first] }, withdrawn);
    expect(decision.case).toMatchObject({ startsAt: item.startsAt, openedAt: item.openedAt, findings: 1 });
  });

  it('counts a finding again that did not end after all', () => {
    const { item, finding } = opened();
    const ended: Finding = { ...finding, state: 'cleared', endsAt: start };
    const event = eventOf('1', 2, { state: 'updated', correction: 'extended' });
    const decision = found({ subject: { ...item, findingsOpen: 0 }, finding: ended }, event);
    expect(decision.case).toMatchObject({ findings: 1, findingsOpen: 1 });
    expect(texts(decision)[0]).toContain('extended: Readings that came late show that it did not end.');
  });
});
