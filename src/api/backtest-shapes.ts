import { z } from 'zod';
import { severities } from '../telemetry/index.ts';
import { backtestStates } from './backtests.ts';
import { bodyInstant, instant, instantOrNull } from './shapes.ts';

const count = z.int().min(0);
const fileName = z.string().min(1).max(200);
const packText = z.string().min(1);

export const backtestBody = z.strictObject({
  source: packText.describe('The pack to try, YAML or JSON'),
  file: fileName.default('pack.yaml').describe('What its problems call it'),
  against: z
    .union([z.literal('live'), packText])
    .default('live')
    .describe('`live`, or the text of another pack'),
  againstFile: fileName.default('against.yaml'),
  from: bodyInstant.optional().describe('Cases that open from then on: epoch ms or RFC 3339'),
  to: bodyInstant.optional().describe('Exclusive'),
  devices: z.array(z.string().max(64)).min(1).max(10_000).optional().describe('Absent: all of the product'),
});

const toldCase = z.object({
  openedAt: instant,
  startsAt: instant,
  endsAt: instantOrNull,
  severity: z.enum(severities),
  safety: z.boolean(),
  source: z.string(),
  explanation: z.string(),
});

const changeKind = z.enum(['added', 'removed', 'earlier', 'later', 'same']);
const share = z.object({ value: z.number().nullable(), n: count });
const score = z.object({
  precision: share,
  recall: share,
  leadTime: z.object({ medianMs: z.number().nullable(), n: count }),
});

const resultShape = z.object({
  product: z.string(),
  against: z.object({ name: z.string(), version: z.int().nullable() }),
  from: instant,
  to: instant,
  devices: count,
  reports: count,
  lateReports: count.describe('Behind their device’s event time when they came'),
  cases: z.object({
    against: count,
    candidate: count,
    added: count,
    removed: count,
    earlier: count,
    later: count,
    same: count,
  }),
  perWeek: z.object({ against: z.number(), candidate: z.number() }).describe('Cases a week'),
  weeks: z.array(z.object({ from: instant, against: count, candidate: count })),
  changes: z
    .array(
      z.object({
        kind: changeKind,
        device: z.string(),
        failureMode: z.string(),
        against: toldCase.nullable(),
        candidate: toldCase.nullable(),
      }),
    )
    .describe('Cases that would change, oldest first; at most 1,000'),
  changesLeftOut: count,
  devicesToLookAt: z
    .array(z.object({ device: z.string(), added: count, removed: count, earlier: count, later: count }))
    .describe('Most changes first; at most 100'),
  outcomes: z
    .object({ known: z.enum(['verdicts', 'planted']), against: score, candidate: score })
    .nullable()
    .describe('By what people found cases to be; null where nothing is known'),
  notes: z.array(z.string()),
});

export const backtestShape = z.object({
  id: z.string(),
  product: z.string(),
  state: z.enum(backtestStates),
  createdAt: instant,
  endedAt: instantOrNull,
  progress: z.object({ reports: count, total: count, share: z.number().min(0).max(1) }),
  problem: z.string().nullable().describe('Why it failed'),
  result: resultShape.nullable(),
});

/** In lists, without the result. */
export const backtestItemShape = backtestShape.omit({ result: true });
