import { z } from 'zod';
import { formatInstant } from '../base/index.ts';
import {
  type Case,
  type CaseAction,
  caseStates,
  type Finding,
  type TimelineItem,
  timelineKinds,
  verdicts,
} from '../cases/index.ts';
import { filter, instant, instantOrNull, pageQuery, rangeQuery, severity, timeOrNull } from './shapes.ts';

export const casesQuery = z.strictObject({
  ...pageQuery,
  state: z.enum(caseStates).optional().describe('Absent = all'),
  device: filter,
  product: filter,
  owner: filter,
  q: filter,
});

export const caseParams = z.object({ id: z.string() });

const version = z.int().min(0).describe('The version that was seen');

export const acknowledgeBody = z.strictObject({ version });

export const resolveBody = z.strictObject({
  version,
  verdict: z.enum(verdicts),
  note: z.string().max(10_000, 'must have at most 10000 characters').nullish(),
});

export const caseShape = z
  .object({
    id: z.string(),
    number: z.int(),
    device: z.string(),
    product: z.string(),
    failureMode: z.string(),
    title: z.string(),
    explanation: z.string(),
    severity,
    safety: z.boolean(),
    state: z.enum(caseStates),
    owner: z.string().nullable(),
    openedAt: instant.describe('Event time of the report that satisfied `for` or the gate'),
    startsAt: instant.describe('Event time at which the condition began'),
    createdAt: instant.describe('Service time'),
    updatedAt: instant,
    version: z.int(),
    verdict: z.enum([...verdicts, 'retracted']).nullable(),
    note: z.string().nullable(),
    resolvedAt: instantOrNull,
    recurrenceOf: z.string().nullable(),
    findings: z.int(),
    findingsOpen: z.int(),
    devices: z.int().describe('Devices whose findings are in it: also those silent behind its own, or in its storm'),
    storm: z
      .string()
      .nullable()
      .describe('The source whose further findings it gathers, as that opened too many cases'),
  })
  .meta({ id: 'Case' });

export type CaseItem = z.infer<typeof caseShape>;

const evidenceShape = z
  .object({
    signal: z.string(),
    at: instant,
    value: z.union([z.number(), z.boolean(), z.string()]),
    low: z.number().optional().describe('The expected band that it left'),
    high: z.number().optional(),
  })
  .meta({ id: 'EvidenceReading' });

export const caseDetailShape = caseShape
  .extend({
    actions: z.array(
      z.object({
        name: z.enum(['acknowledge', 'resolve']),
        allowed: z.boolean(),
        reason: z.string().nullable().describe('Why not'),
      }),
    ),
    evidence: z.array(evidenceShape),
    signals: z.array(z.string()).describe('What its findings rest on'),
  })
  .meta({ id: 'CaseDetail' });

export const findingsQuery = z.strictObject({ ...pageQuery, ...rangeQuery });
export const productFindingsQuery = findingsQuery.extend({
  source: z.string().min(1).max(200).describe('Who found it, like `rule:warm-cabinet`'),
});
export const timelineQuery = z.strictObject(pageQuery);

export const findingShape = z
  .object({
    id: z.string(),
    device: z.string(),
    source: z.string(),
    signal: z.string().nullable(),
    failureMode: z.string(),
    severity,
    state: z.enum(['raised', 'cleared', 'retracted']),
    startsAt: instant.describe('When the condition began'),
    openedAt: instant,
    endsAt: instantOrNull,
    explanation: z.string(),
    case: z.string().nullable(),
    hiddenBy: z
      .array(z.string())
      .describe('Ids of the maintenance that kept it from opening a case; one may have opened since'),
    evidence: z.array(evidenceShape),
  })
  .meta({ id: 'Finding' });

export const timelineShape = z
  .object({
    id: z.string(),
    at: instant,
    kind: z.enum(timelineKinds),
    actor: z.string(),
    text: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineItem' });

export function caseItem(item: Case): CaseItem {
  return {
    id: item.id,
    number: item.number,
    device: item.device,
    product: item.product,
    failureMode: item.failureMode,
    title: item.title,
    explanation: item.explanation,
    severity: item.severity,
    safety: item.safety,
    state: item.state,
    owner: item.owner,
    openedAt: formatInstant(item.openedAt),
    startsAt: formatInstant(item.startsAt),
    createdAt: formatInstant(item.createdAt),
    updatedAt: formatInstant(item.updatedAt),
    version: item.version,
    verdict: item.verdict,
    note: item.note,
    resolvedAt: timeOrNull(item.resolvedAt),
    recurrenceOf: item.recurrenceOf,
    findings: item.findings,
    findingsOpen: item.findingsOpen,
    devices: item.devices,
    storm: item.storm,
  };
}

/** Readings kept of all findings of a case together; the newest. */
const evidenceMax = 500;

export function caseDetail(
  item: Case,
  findings: readonly Finding[],
  actions: readonly CaseAction[],
): z.infer<typeof caseDetailShape> {
  const readings = findings.flatMap((finding) => finding.evidence).sort((a, b) => a.at - b.at);
  const signals = new Set(findings.flatMap(({ signal }) => signal ?? []));
  for (const reading of readings) signals.add(reading.signal);
  return {
    ...caseItem(item),
    actions: actions.map(({ name, allowed, reason }) => ({ name, allowed, reason })),
    evidence: readings.slice(-evidenceMax).map(evidenceItem),
    signals: [...signals],
  };
}

function evidenceItem({ signal, at, value, low, high }: Finding['evidence'][number]): z.infer<typeof evidenceShape> {
  return {
    signal,
    at: formatInstant(at),
    value,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
}

export function findingItem(finding: Finding): z.infer<typeof findingShape> {
  return {
    id: finding.id,
    device: finding.device,
    source: finding.source,
    signal: finding.signal,
    failureMode: finding.failureMode,
    severity: finding.severity,
    state: finding.state,
    startsAt: formatInstant(finding.startsAt),
    openedAt: formatInstant(finding.openedAt),
    endsAt: timeOrNull(finding.endsAt),
    explanation: finding.explanation,
    case: finding.case,
    hiddenBy: [...finding.hiddenBy],
    evidence: finding.evidence.map(evidenceItem),
  };
}

export function timelineItem({ id, at, kind, actor, text, data }: TimelineItem): z.infer<typeof timelineShape> {
  return { id, at: formatInstant(at), kind, actor, text, data: { ...data } };
}
