import { z } from 'zod';
import { severities } from '../telemetry/index.ts';
import type { ApiDeps } from './deps.ts';
import { findDevice } from './device-routes.ts';
import { deviceParams } from './device-shapes.ts';
import { problems } from './problem.ts';
import { type ApiServer, instant, instantOrNull, queryInstant } from './shapes.ts';

const partShape = z.object({
  text: z.string().describe('What is asked'),
  holds: z.boolean().nullable().describe('null: unknown'),
  value: z.union([z.number(), z.boolean(), z.string()]).nullable(),
  told: z.string().describe('What is so'),
});

const ruleShape = z.object({
  id: z.string(),
  title: z.string(),
  stage: z.enum(['draft', 'shadow', 'live', 'retired']),
  severity: z.enum(severities),
  state: z
    .enum(['open', 'waiting', 'quiet', 'unknown'])
    .describe('waiting: its condition holds, not for long enough yet'),
  sentence: z.string().describe('Why, or why not'),
  asks: z.enum(['when', 'clear']).describe('The condition that moves it on: what opens it, or what clears it'),
  condition: z.string(),
  holds: z.boolean().nullable(),
  since: instantOrNull,
  heldMs: z.number().nullable(),
  forMs: z.number(),
  startsAt: instantOrNull,
  openedAt: instantOrNull,
  inputs: z.array(partShape),
  firstFailing: z.string().nullable(),
});

const whyShape = z.object({
  device: z.string(),
  product: z.string(),
  at: instant,
  version: z.int().describe('Of the pack in force then'),
  judgedAt: instant.describe('Event time of the last report by then'),
  replayedFrom: instant,
  reports: z.int(),
  rules: z.array(ruleShape),
  notes: z.array(z.string()),
});

export type WhyTold = z.infer<typeof whyShape>;

export function whyRoute(api: ApiServer, deps: Pick<ApiDeps, 'directory'>, why: NonNullable<ApiDeps['why']>): void {
  api.get(
    '/devices/:id/why',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Why each rule held, or did not, at one minute: its inputs, its state, the first that fails',
        tags: ['devices'],
        params: deviceParams,
        querystring: z.strictObject({ at: queryInstant.describe('Event time: epoch ms or RFC 3339') }),
        response: { 200: whyShape, ...problems },
      },
    },
    async (request) => {
      const { id } = await findDevice(deps, request.params.id);
      return why({ device: id, at: request.query.at });
    },
  );
}
