import { problemOf, unreachable } from './problem.ts';

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Of the session; needed by every call that changes something once signed in. */
  readonly csrfToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** No call may hang for ever behind a dead network. */
const timeoutMs = 20_000;

/**
 * Calls `/api/v1${path}` and resolves to the decoded answer (null for an empty one). Rejects with a {@link Problem}
 * for every answer that is not 2xx and when there is none; with the abort reason when `signal` aborts.
 */
export async function call<Answer>(path: string, options: Call = {}): Promise<Answer> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (options.csrfToken !== undefined) headers['x-csrf-token'] = options.csrfToken;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api/v1${path}${queryString(options.query)}`, {
      method: options.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  }
  if (!response.ok) throw problemOf(response.status, text);
  return JSON.parse(text === '' ? 'null' : text);
}

function queryString(query: Call['query']): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
