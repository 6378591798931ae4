import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { assert } from '../../base/index.ts';
import type { EvidenceReading } from '../../findings/index.ts';
import { integer, integerOrUndefined, type Row, text, textOrUndefined } from '../../sqlite/index.ts';
import { severities } from '../../telemetry/index.ts';
import { type Case, caseStates, type Finding, type TimelineItem, timelineKinds, verdicts } from '../case.ts';
import { urgencyOf } from '../urgency.ts';

type Values = Record<string, SQLInputValue>;

const findingStates = ['raised', 'cleared', 'retracted'] as const;
const anyVerdict = [...verdicts, 'retracted'] as const;

export function caseRow(item: Case): Values {
  const [urgencyRank, urgencyAt] = urgencyOf(item);
  const words = [`#${item.number}`, item.device, item.title, item.explanation, item.failureMode];
  return {
    id: item.id,
    number: item.number,
    device: item.device,
    product: item.product,
    failure_mode: item.failureMode,
    title: item.title,
    explanation: item.explanation,
    severity: item.severity,
    safety: item.safety ? 1 : 0,
    state: item.state,
    owner: item.owner,
    opened_at: item.openedAt,
    starts_at: item.startsAt,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
    version: item.version,
    verdict: item.verdict,
    note: item.note,
    resolved_at: item.resolvedAt,
    resolved_by: item.resolvedBy,
    recurrence_of: item.recurrenceOf,
    findings: item.findings,
    findings_open: item.findingsOpen,
    devices: item.devices,
    storm: item.storm,
    urgency_rank: urgencyRank,
    urgency_at: urgencyAt,
    search: words.join('\n').toLowerCase(),
  };
}

export function caseOf(row: Row): Case {
  return {
    id: text(row.id),
    number: integer(row.number),
    device: text(row.device),
    product: text(row.product),
    failureMode: text(row.failure_mode),
    title: text(row.title),
    explanation: text(row.explanation),
    severity: oneOf(severities, row.severity),
    safety: row.safety === 1,
    state: oneOf(caseStates, row.state),
    owner: textOrUndefined(row.owner) ?? null,
    openedAt: integer(row.opened_at),
    startsAt: integer(row.starts_at),
    createdAt: integer(row.created_at),
    updatedAt: integer(row.updated_at),
    version: integer(row.version),
    verdict: row.verdict === null ? null : oneOf(anyVerdict, row.verdict),
    note: textOrUndefined(row.note) ?? null,
    resolvedAt: integerOrUndefined(row.resolved_at) ?? null,
    resolvedBy: textOrUndefined(row.resolved_by) ?? null,
    recurrenceOf: textOrUndefined(row.recurrence_of) ?? null,
    findings: integer(row.findings),
    findingsOpen: integer(row.findings_open),
    devices: integer(row.devices),
    storm: textOrUndefined(row.storm) ?? null,
  };
}

export function findingRow(item: Finding, lastEvent: number): Values {
  return {
    id: item.id,
    last_event: lastEvent,
    device: item.device,
    product: item.product,
    source: item.source,
    signal: item.signal,
    failure_mode: item.failureMode,
    severity: item.severity,
    safety: item.safety ? 1 : 0,
    state: item.state,
    starts_at: item.startsAt,
    opened_at: item.openedAt,
    ends_at: item.endsAt,
    explanation: item.explanation,
    evidence: JSON.stringify(item.evidence),
    case_id: item.case,
    by_silence: item.bySilence ? 1 : 0,
    hidden_by: item.hiddenBy.length === 0 ? null : JSON.stringify(item.hiddenBy),
  };
}

export function findingOf(row: Row): Finding {
  return {
    id: text(row.id),
    device: text(row.device),
    product: text(row.product),
    source: text(row.source),
    signal: textOrUndefined(row.signal) ?? null,
    failureMode: text(row.failure_mode),
    severity: oneOf(severities, row.severity),
    safety: row.safety === 1,
    state: oneOf(findingStates, row.state),
    startsAt: integer(row.starts_at),
    openedAt: integer(row.opened_at),
    endsAt: integerOrUndefined(row.ends_at) ?? null,
    explanation: text(row.explanation),
    // Only findingRow writes this column.
    evidence: JSON.parse(text(row.evidence)) as readonly EvidenceReading[],
    case: textOrUndefined(row.case_id) ?? null,
    bySilence: row.by_silence === 1,
    // Only findingRow writes this column.
    hiddenBy: row.hidden_by === null ? [] : (JSON.parse(text(row.hidden_by)) as readonly string[]),
  };
}

export function timelineRow(item: TimelineItem, caseId: string): Values {
  const { id, at, kind, actor, text: words, data } = item;
  return { id, case_id: caseId, at, kind, actor, text: words, data: JSON.stringify(data) };
}

export function timelineOf(row: Row): TimelineItem {
  const data: unknown = JSON.parse(text(row.data));
  assert(data !== null && typeof data === 'object', 'the data of a timeline item is an object');
  return {
    id: text(row.id),
    at: integer(row.at),
    kind: oneOf(timelineKinds, row.kind),
    actor: text(row.actor),
    text: text(row.text),
    data: { ...data },
  };
}

export function oneOf<Word extends string>(words: readonly Word[], value: SQLOutputValue | undefined): Word {
  const word = words.find((candidate) => candidate === value);
  assert(word !== undefined, `the column holds one of ${words.join(', ')}`);
  return word;
}
