import { z } from 'zod';
import { parseDurationMs } from '../base/index.ts';
import { severities } from '../telemetry/index.ts';
import { playbookActors } from './pack.ts';

/**
 * The names of a pack's parts, apart from the global ones, which are those of the API: its description would list these
 * too. What is said of a schema in words stays with the schema.
 */
class PackNames extends z.core.$ZodRegistry<{ id?: string | undefined }> {
  override get<Schema extends z.core.$ZodType>(schema: Schema) {
    return { ...z.globalRegistry.get(schema), ...super.get(schema) };
  }
}

const names = new PackNames();

/**
 * The shape of a pack file: one source for the parser and for the published JSON Schema. What a shape cannot say (names,
 * references, units, conditions) is checked by the parser.
 */
const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, { abort: true })
  .refine((text) => parseDurationMs(text) !== undefined)
  .transform((text) => parseDurationMs(text) ?? 0)
  .meta({ description: 'A length of time: 90s, 15m, 1h30m, 14d', examples: ['10m'] })
  .register(names, { id: 'duration' });

/** Like a duration, but zero is allowed: times after a test's first sample, and `for`. */
const offset = z
  .union([z.literal(0), z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/)])
  .transform((value) => (value === 0 ? 0 : (parseDurationMs(value) ?? 0)))
  .meta({ description: 'A length of time, or 0', examples: ['25m', 0] })
  .register(names, { id: 'offset' });

const severity = z
  .enum(severities)
  .describe('How bad: info, minor, major or critical')
  .register(names, { id: 'severity' });
const safety = z.boolean().describe('Whether people may be hurt; stands beside the severity');
const title = z.string().min(1).max(200).describe('Words for people');
const reference = z.string().min(1).max(64);
const words = z.array(z.string().min(1).max(200)).max(50);

const watchObject = z
  .object({
    kind: z.string().describe('The detector: level, …'),
    failureMode: reference.optional().describe('Default: anomaly'),
    severity: severity.optional(),
    safety: safety.optional(),
  })
  .catchall(z.unknown());

export const watchSchema = z.union([z.string(), watchObject]);

export const signalSchema = z
  .strictObject({
    title: title.optional(),
    kind: z
      .enum(['gauge', 'counter', 'state'])
      .describe('gauge: a number that goes up and down; counter: one that only rises; state: one of its values'),
    unit: z.string().optional().describe('UCUM: Cel, A, bar, 1/min. Literals in conditions are in this unit'),
    values: z
      .array(z.union([z.boolean(), z.number(), z.string()]))
      .min(1)
      .max(100)
      .optional()
      .describe('The values of a state; a state without them is true or false'),
    range: z
      .tuple([z.number(), z.number()])
      .optional()
      .describe('Physically possible, [low, high]; outside it the sensor is at fault'),
    maxAge: duration.optional().describe('How long its last value holds. Default: silentAfter'),
    watch: z.array(watchSchema).max(20).optional().describe('Detectors that watch it'),
  })
  .register(names, { id: 'signal' });

export const derivedSchema = z
  .strictObject({
    title: title.optional(),
    is: z.string().min(1).max(2_000).describe('Its calculation, over the signals of this product'),
    unit: z.string().optional().describe("UCUM. Default: the calculation's, where it can be told"),
  })
  .register(names, { id: 'derived' });

export const failureModeSchema = z
  .strictObject({
    title,
    severity: severity.optional().describe('Default: minor'),
    safety: safety.optional(),
    horizon: duration.optional().describe('How long before the failure its signs are worth a case'),
    playbook: reference.optional().describe('What to do about it: one of playbooks'),
    parts: words.optional().describe('Part numbers that repair it'),
    covered: words.optional().describe('What the warranty pays: parts, labour, …'),
  })
  .register(names, { id: 'failureMode' });

const stepText = z.string().min(1).max(500);

export const playbookSchema = z
  .strictObject({
    title,
    steps: z
      .array(
        z.union([
          stepText,
          z.strictObject({
            do: stepText,
            who: z.enum(playbookActors).optional().describe('remote: staff, from where they sit'),
            expect: stepText.optional().describe('What shows that it worked'),
          }),
        ]),
      )
      .min(1)
      .max(30)
      .describe('In order: remote and cheap ones first'),
  })
  .register(names, { id: 'playbook' });

export const faultCodeSchema = z
  .strictObject({
    title,
    severity: severity.optional().describe("Default: the failure mode's where it names one, else major"),
    safety: safety.optional(),
    failureMode: reference.optional().describe('With one, an active code opens a case'),
  })
  .register(names, { id: 'faultCode' });

const condition = z.string().min(1).max(2_000);

export const ruleSchema = z
  .strictObject({
    id: z.string(),
    title: title.optional(),
    when: condition.describe('The condition, over the signals of this product'),
    for: offset.optional().describe('How long it must hold. Default: 0'),
    clear: condition.optional().describe('Default: when is false'),
    clearFor: offset.optional(),
    escalate: z
      .strictObject({ minor: condition.optional(), major: condition.optional(), critical: condition.optional() })
      .optional()
      .describe('Conditions under which it is worse than its severity, while it is open'),
    severity: severity.optional().describe("Default: the failure mode's"),
    safety: safety.optional(),
    failureMode: reference.optional().describe('Default: anomaly'),
    stage: z.enum(['draft', 'shadow', 'live', 'retired']).optional().describe('Default: live'),
  })
  .register(names, { id: 'rule' });

const redelivery = z.strictObject({
  at: offset.describe('When it was measured: the time of a sample'),
  arrives: offset.describe('When the service gets it'),
});

export const expectOpenSchema = z.strictObject({
  from: offset,
  to: offset,
  open: reference.describe('The failure mode of the case that opens inside [from, to]'),
  severity: severity.optional(),
});

export const expectRetractedSchema = z.strictObject({
  retracted: reference.describe('The failure mode of the case that reports which came late withdraw'),
  from: offset.optional().describe('When at the earliest, by arrival. Default: 0'),
  to: offset.optional().describe('When at the latest, by arrival. Default: at any time'),
});

export const expectCountSchema = z.strictObject({
  at: offset,
  findings: z.int().nonnegative().optional().describe('Findings raised so far, without those that were withdrawn'),
  cases: z.int().nonnegative().optional().describe('Cases opened so far, without those that were withdrawn'),
  cleared: z.boolean().optional().describe('Whether every finding is over'),
});

const samples = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .describe('VxN: N samples of value V, the first at 0; _xN: N reports without it. "4x20 9x40"');

export const testSchema = z
  .strictObject({
    name: z.string().min(1).max(200),
    every: duration.optional().describe('Time between samples. Default: reports.every'),
    signals: samples,
    parent: z
      .strictObject({ signals: samples })
      .optional()
      .describe("Samples of the device's parent, each just before the device's own. Without: it has no parent"),
    late: z.array(redelivery).max(1_000).optional().describe('Samples that come after others that were measured later'),
    duplicate: z.array(redelivery).max(1_000).optional().describe('Samples that come once more'),
    restart: z.array(offset).max(100).optional().describe('When the service starts again'),
    faults: z
      .array(z.strictObject({ at: offset, code: z.string().min(1).max(64), active: z.boolean().optional() }))
      .max(1_000)
      .optional(),
    expect: z
      .array(z.union([expectOpenSchema, expectRetractedSchema, expectCountSchema]))
      .min(1)
      .max(100),
  })
  .register(names, { id: 'test' });

export const reportsSchema = z.strictObject({
  every: duration.optional().describe('How often a device reports. Default: 60s'),
  silentAfter: duration.optional().describe('Default: 30 times every'),
});

export const parentSchema = z
  .string()
  .describe(
    'The product of the gateways or machines that devices belong to: conditions may ask for parent.<signal> of it',
  );

export const packSchema = z
  .strictObject({
    $schema: z.string().optional(),
    product: z.string().describe('The id: lower-case letters, digits and -'),
    title,
    parent: parentSchema.optional(),
    reports: reportsSchema.optional(),
    signals: z.record(z.string(), signalSchema),
    derived: z.record(z.string(), derivedSchema).optional().describe('Calculated signals, for conditions'),
    failureModes: z.record(z.string(), failureModeSchema).optional(),
    playbooks: z.record(z.string(), playbookSchema).optional(),
    faultCodes: z.record(z.string(), faultCodeSchema).optional(),
    rules: z.array(ruleSchema).max(200).optional(),
    tests: z.array(testSchema).max(200).optional(),
  })
  .meta({ title: 'Aftercare product pack' });

/** The JSON Schema (2020-12) that is published as products/pack.schema.json, for editors. */
export function packJsonSchema(): object {
  return z.toJSONSchema(packSchema, { io: 'input', metadata: names });
}

export type SignalInput = z.output<typeof signalSchema>;
export type WatchInput = z.output<typeof watchSchema>;
export type RuleInput = z.output<typeof ruleSchema>;
export type FailureModeInput = z.output<typeof failureModeSchema>;
export type FaultCodeInput = z.output<typeof faultCodeSchema>;
/** A test but for what is read entry by entry, so that one broken entry hides no other. */
export const testHeadSchema = testSchema.extend({
  signals: z.unknown(),
  parent: z.strictObject({ signals: z.unknown() }).optional(),
  expect: z.unknown(),
});
export const expectSchema = testSchema.shape.expect.element;

export type ExpectInput = z.output<typeof expectSchema>;
