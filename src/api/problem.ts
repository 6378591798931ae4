import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type ErrorCode, errorCatalogue, isAftercareError } from '../base/index.ts';

export const problemType = 'application/problem+json';

const problemError = z.object({
  path: z.string().describe('Where it is, like `body/signals/0` or `query/limit`'),
  message: z.string(),
});

/** An RFC 9457 problem. */
export const problemShape = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable; made for programs'),
    hint: z.string().optional().describe('What to do about it'),
    errors: z.array(problemError).optional(),
    id: z.string().describe('Id of the request; the service’s diagnostics name it'),
  })
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemShape>;

/** The answers of every call that are not its success. */
export const problems = {
  default: {
    description: 'A problem (RFC 9457)',
    content: { [problemType]: { schema: problemShape } },
  },
} as const;

interface ProblemFacts {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint?: string | undefined;
  readonly errors?: Problem['errors'];
  readonly status?: number;
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, facts: ProblemFacts): FastifyReply {
  const { status: catalogueStatus, title } = errorCatalogue[facts.code];
  const status = facts.status ?? catalogueStatus;
  const hint = facts.hint ?? hints[facts.code];
  const problem: Problem = {
    type: `urn:aftercare:problem:${facts.code}`,
    title,
    status,
    detail: facts.detail,
    code: facts.code,
    ...(hint === undefined ? {} : { hint }),
    ...(facts.errors === undefined ? {} : { errors: facts.errors }),
    id: request.id,
  };
  if (status === 401) reply.header('www-authenticate', 'Bearer');
  return reply.status(status).header('cache-control', 'no-store').type(problemType).send(problem);
}

/** Hints for the parameters that many calls share. */
const parameterHints: Readonly<Record<string, string>> = {
  limit: 'Ask for 1 to 1000 items at a time and follow `next` with `cursor`.',
  cursor: 'Pass `next` of the page before, unchanged.',
  from: 'Give epoch milliseconds, or RFC 3339 like 2026-01-31T08:00:00Z.',
  to: 'Give epoch milliseconds, or RFC 3339 like 2026-01-31T08:00:00Z; it lies after `from`.',
  points: 'Ask for 1 to 5000 points.',
};

/** What the framework and its plugins throw, in our words. */
const frameworkCodes: Readonly<Record<string, { readonly code: ErrorCode; readonly detail?: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'body-too-large' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'media-type-unsupported', detail: 'A body is sent as application/json.' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'body-invalid', detail: 'The body is not JSON.' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { code: 'body-invalid' },
  FST_CSRF_MISSING_SECRET: { code: 'csrf-invalid', detail: 'This change did not come with a valid x-csrf-token.' },
  FST_CSRF_INVALID_TOKEN: { code: 'csrf-invalid', detail: 'This change did not come with a valid x-csrf-token.' },
  FST_ERR_BAD_URL: { code: 'url-invalid', detail: 'The path is not a valid URL path.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not-found', detail: 'There is nothing at this path.' },
};

/** What to do, where whoever met the problem knew nothing better to say. */
const hints: Partial<Record<ErrorCode, string>> = {
  'body-invalid': 'Send one JSON document in UTF-8, whole.',
  'body-too-large': 'A call takes 256 KiB, one that brings a product pack 2 MiB.',
  'case-refused': '`actions` of GET /api/v1/cases/{id} tells what can be done with it now, and why the rest cannot.',
  'csrf-invalid': 'Send the csrfToken of GET /api/v1/session in the header x-csrf-token.',
  'device-invalid': 'Correct what the detail names and send it again; /openapi.json tells what each field takes.',
  'maintenance-invalid': 'Correct what the detail names and send it again; /openapi.json tells what each field takes.',
  'media-type-unsupported': 'Send the header content-type: application/json.',
  'method-not-allowed': '/openapi.json lists every call.',
  'not-found': '/openapi.json lists every call.',
  'pack-invalid': '`errors` tells where; `aftercare check` finds the same in a file.',
  'store-failed': 'Try again; if it stays, the log of the service tells what failed.',
  'url-invalid': '/openapi.json lists every call.',
};

function validationFacts(error: unknown): ProblemFacts | undefined {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  const context = error.validationContext ?? 'body';
  const errors = error.validation.flatMap((issue) => {
    const path = `${context === 'querystring' ? 'query' : context}${issue.instancePath.replace(/\/$/, '')}`;
    return [{ path, message: issue.message ?? 'is not usable' }];
  });
  const hint = errors.map(({ path }) => parameterHints[path.split('/')[1] ?? '']).find((text) => text !== undefined);
  const places = errors.length === 1 ? 'One place' : `${errors.length} places`;
  const detail = `${places} of the request cannot be used; \`errors\` says where and why.`;
  return { code: 'request-invalid', detail, errors, hint: hint ?? '/openapi.json tells what this call takes.' };
}

function textOf(error: unknown, key: 'code' | 'message'): string | undefined {
  if (typeof error !== 'object' || error === null || !(key in error)) return undefined;
  const value = Reflect.get(error, key);
  return typeof value === 'string' ? value : undefined;
}

/** The connection broke while the body came: nobody reads the answer, and it is nobody's mistake. */
function cutShort(error: unknown): ProblemFacts | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error) || error.statusCode !== 400) {
    return undefined;
  }
  return { code: 'body-invalid', detail: 'The request ended before its body did.' };
}

function factsOf(error: unknown): ProblemFacts | undefined {
  if (isAftercareError(error)) return { code: error.code, detail: error.message, hint: error.hint };
  const validation = validationFacts(error);
  if (validation) return validation;
  const known = frameworkCodes[textOf(error, 'code') ?? ''];
  if (!known) return cutShort(error);
  return {
    code: known.code,
    detail: known.detail ?? textOf(error, 'message') ?? '',
  };
}

/**
 * Answers with the problem that `error` is. What nobody foresaw is our mistake: it is logged whole under the request's
 * id, and the caller is told that id and nothing else.
 */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const facts = factsOf(error);
  if (facts) {
    logProblem(request.log, facts, error);
    return sendProblem(request, reply, facts);
  }
  request.log.error({ err: error, method: request.method, path: request.routeOptions.url }, 'request failed');
  return sendProblem(request, reply, {
    code: 'internal',
    detail: `The service made a mistake. Its diagnostics hold the details under ${request.id}.`,
    hint: 'Try again; if it stays, give this id to whoever runs the service.',
  });
}

function logProblem(log: FastifyBaseLogger, facts: ProblemFacts, error: unknown): void {
  const status = facts.status ?? errorCatalogue[facts.code].status;
  if (status >= 500) log.error({ err: error, code: facts.code }, facts.detail);
}
