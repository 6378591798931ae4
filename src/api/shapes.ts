import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AftercareError, formatInstant, isWritableInstant, parseInstant } from '../base/index.ts';
import { severities } from '../telemetry/index.ts';

/** The server as routes see it: their zod schemas type the request and the answer. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Times out. */
export const instant = z.iso.datetime().describe('RFC 3339, UTC');

export const instantOrNull = instant.nullable();

export const severity = z.enum(severities);

const instantMessage = 'must be epoch milliseconds or RFC 3339';
const yearsMessage = 'must lie in the years 0001 to 9999';

function readInstant(value: unknown, context: { addIssue(issue: { code: 'custom'; message: string }): void }): number {
  const at = parseInstant(value);
  if (at !== undefined && isWritableInstant(at)) return at;
  context.addIssue({ code: 'custom', message: at === undefined ? instantMessage : yearsMessage });
  return z.NEVER;
}

/** Times in, in a query: either form of `at`. An unescaped `+` of a zone arrives as a blank and is taken as meant. */
export const queryInstant = z
  .string()
  .transform((text, context) =>
    readInstant(/^-?\d+$/.test(text) ? Number(text) : text.replace(/ (\d{2}:\d{2})$/, '+$1'), context),
  );

/** Times in, in a body. */
export const bodyInstant = z
  .union([z.number(), z.string()], { error: instantMessage })
  .transform((value, context) => readInstant(value, context));

/** A whole number of a query, between bounds. */
export function queryCount(options: { readonly max: number; readonly initial: number }) {
  const error = `must be a whole number from 1 to ${options.max}`;
  return z.coerce
    .number({ error })
    .int({ error })
    .min(1, { error })
    .max(options.max, { error })
    .default(options.initial);
}

export const pageQuery = {
  limit: queryCount({ max: 1_000, initial: 100 }),
  cursor: z.string().max(1_000).optional().describe('`next` of the page before'),
};

export const rangeQuery = {
  from: queryInstant.optional().describe('Epoch ms or RFC 3339, inclusive; absent = unbounded'),
  to: queryInstant.optional().describe('Epoch ms or RFC 3339, exclusive; absent = unbounded'),
};

/** A word of a query that narrows a list. */
export const filter = z.string().max(200).optional();

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  });
}

export const orNull = <Value>(value: Value | undefined): Value | null => value ?? null;

export const timeOrNull = (at: number | null | undefined): string | null =>
  at === undefined || at === null ? null : formatInstant(at);

/** Refuses a range that ends before it begins. */
export function checkRange(range: { readonly from?: number | undefined; readonly to?: number | undefined }): void {
  if (range.from === undefined || range.to === undefined || range.from <= range.to) return;
  throw new AftercareError('request-invalid', 'query/to: lies before `from`', { hint: 'Swap `from` and `to`.' });
}
