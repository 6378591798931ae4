import { hintWords } from '../words/hints.ts';

interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly id?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** A call that did not work: what happened, what to do, and an id that finds it in the service's logger. */
export class Problem extends Error {
  /** 0 when there was no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly hint: string | null;
  readonly id: string | null;

  constructor(status: number, body: ProblemBody) {
    const title = body.title ?? `The service answered ${status}`;
    const places = (body.errors ?? []).map((error) => `${error.path}: ${error.message}`);
    super([body.detail, ...places].filter((part) => part !== undefined && part !== '').join(' · ') || title);
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? `http-${status}`;
    this.title = title;
    this.hint = hintWords(body.hint);
    this.id = body.id ?? null;
  }
}

export const unreachable = (): Problem =>
  new Problem(0, {
    title: 'The service did not answer',
    detail: 'Either this computer is off the network or the service is not running.',
    hint: 'Check the connection, then try again.',
    code: 'unreachable',
  });

/** Reads an answer's problem document; a proxy's HTML page, say, becomes a problem of its status alone. */
export function problemOf(status: number, text: string): Problem {
  try {
    const body: ProblemBody = JSON.parse(text);
    return new Problem(status, body);
  } catch {
    return new Problem(status, {});
  }
}

export function isProblem(error: unknown, code?: string): error is Problem {
  return error instanceof Problem && (code === undefined || error.code === code);
}
