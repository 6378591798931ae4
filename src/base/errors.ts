/**
 * Every error that a person or a program may meet, in one place: the code is stable and documented, the status is the
 * HTTP answer where the API meets it, the title is the short problem text of RFC 9457.
 */
export const errorCatalogue = {
  'account-exists': { status: 409, title: 'The account exists already' },
  'backtest-not-found': { status: 404, title: 'No such backtest' },
  'backup-damaged': { status: 500, title: 'The backup is damaged' },
  'backup-failed': { status: 500, title: 'The backup could not be made or restored' },
  'backup-unusable': { status: 422, title: 'This cannot be backed up to or restored from' },
  'body-invalid': { status: 400, title: 'The body cannot be read' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'case-not-found': { status: 404, title: 'No such case' },
  'case-refused': { status: 422, title: 'The case does not allow this' },
  'config-invalid': { status: 500, title: 'The settings are not usable' },
  'csrf-invalid': { status: 403, title: 'The request lacks its token' },
  'csv-invalid': { status: 422, title: 'The CSV file is not usable' },
  'data-folder-locked': { status: 500, title: 'Another process uses this data folder' },
  'data-folder-unusable': { status: 500, title: 'The data folder cannot be used' },
  'device-exists': { status: 409, title: 'The device id is taken' },
  'device-invalid': { status: 422, title: 'The device cannot be registered like this' },
  'device-not-found': { status: 404, title: 'No such device' },
  forbidden: { status: 403, title: 'This is beyond your rights' },
  internal: { status: 500, title: 'The service made a mistake' },
  'log-closed': { status: 503, title: 'The log is closed' },
  'log-corrupt': { status: 500, title: 'The log is damaged' },
  'log-full': { status: 503, title: 'The log has reached its disk bound' },
  'log-read-failed': { status: 503, title: 'The log could not be read' },
  'log-write-failed': { status: 503, title: 'The log could not be written' },
  'maintenance-invalid': { status: 422, title: 'The maintenance cannot be planned like this' },
  'maintenance-not-found': { status: 404, title: 'No such maintenance' },
  'media-type-unsupported': { status: 415, title: 'The body has a type that is not read here' },
  'method-not-allowed': { status: 405, title: 'This path does not know that method' },
  'node-version': { status: 500, title: 'This Node.js is not supported' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'pack-invalid': { status: 422, title: 'The product pack has problems' },
  'port-in-use': { status: 500, title: 'The port is taken' },
  'product-not-found': { status: 404, title: 'No such product' },
  'request-invalid': { status: 422, title: 'The request is not usable' },
  'setup-not-found': { status: 404, title: 'The link is used up or has expired' },
  'signal-not-found': { status: 404, title: 'No such signal' },
  'store-failed': { status: 503, title: 'The store did not answer' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  'url-invalid': { status: 400, title: 'The URL cannot be read' },
  'version-conflict': { status: 409, title: 'Somebody changed it in the meantime' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

export interface ErrorOptions {
  /** What to do about it, for the person who reads it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error of the world or of the caller, never one of our own mistakes (those are assertions). */
export class AftercareError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AftercareError';
    this.code = code;
    this.hint = options.hint;
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }
}

export function isAftercareError(error: unknown, code?: ErrorCode): error is AftercareError {
  return error instanceof AftercareError && (code === undefined || error.code === code);
}
