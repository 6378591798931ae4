import { AftercareError, type ErrorCode, isAftercareError } from './errors.ts';

/** An error on its way between threads, where it would lose its class. */
export interface SentError {
  readonly message: string;
  readonly code: ErrorCode | undefined;
  readonly hint: string | undefined;
}

export function sendError(error: unknown): SentError {
  const message = error instanceof Error ? error.message : String(error);
  const { code, hint } = isAftercareError(error) ? error : { code: undefined, hint: undefined };
  return { message, code, hint };
}

export function receiveError({ message, code, hint }: SentError): Error {
  return code === undefined
    ? new Error(message)
    : new AftercareError(code, message, hint === undefined ? {} : { hint });
}
