import { AftercareError } from '../../base/index.ts';

const waiting = 'What it has not got waits in the data folder.';

/** `store-failed` for a request that had no usable answer; `place` names the server without its credentials. */
export function noAnswer(place: string, error: unknown, timeoutMs: number): AftercareError {
  const { code, message, aborted } = causeOf(error);
  const what = aborted ? `did not answer within ${timeoutMs} ms` : `cannot be reached: ${message}`;
  const hint = hints.get(aborted ? 'timeout' : code) ?? 'Look at the server and at the network to it.';
  return new AftercareError('store-failed', `InfluxDB at ${place} ${what}`, {
    hint: `${hint} ${waiting}`,
    cause: error,
  });
}

/** `store-failed` for an answer that says no, other than to what is in a batch. */
export function badAnswer(place: string, status: number, text: string): AftercareError {
  const dbrp = /dbrp|mapping|bucket/i.test(text);
  const hint = hints.get(dbrp && status === 404 ? 'dbrp' : status) ?? (status >= 500 ? hints.get(500) : undefined);
  return new AftercareError('store-failed', `InfluxDB at ${place} answers ${status}: ${reasonOf(text)}`, {
    hint: `${hint ?? "See the message and the server's own log."} ${waiting}`,
  });
}

/** What an InfluxDB says in the body of a refusal, in any of its versions' forms. */
export function reasonOf(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === 'object' && json !== null) {
      const message = 'error' in json ? json.error : 'message' in json ? json.message : undefined;
      if (typeof message === 'string') return shortened(message);
    }
  } catch {
    // Not JSON: the body is the reason.
  }
  return shortened(body);
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

function causeOf(error: unknown): { code: string | number; message: string; aborted: boolean } {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) innermost = innermost.cause;
  const code = innermost instanceof Error && 'code' in innermost ? innermost.code : undefined;
  const name = error instanceof Error ? error.name : '';
  return {
    code: typeof code === 'string' ? code : '',
    message: innermost instanceof Error ? innermost.message || String(code) : String(innermost),
    aborted: name === 'AbortError' || name === 'TimeoutError',
  };
}

/** By HTTP status, or by the code of the system's error. */
const hints = new Map<string | number, string>([
  ['ECONNREFUSED', 'Start it, or check INFLUX_URL.'],
  ['ENOTFOUND', 'Check the host name in INFLUX_URL.'],
  ['EAI_AGAIN', 'Check the host name in INFLUX_URL.'],
  ['timeout', 'The server is overloaded or stopped.'],
  [
    'dbrp',
    'Check INFLUX_BUCKET and INFLUX_ORG. InfluxDB 2 reads by a mapping: ' +
      'influx v1 dbrp create --db NAME --rp autogen --bucket-id ID --default.',
  ],
  [401, 'Check INFLUX_TOKEN, or the user and password in INFLUX_URL.'],
  [403, 'INFLUX_TOKEN must be allowed to read and write this database or bucket.'],
  [404, 'Check the path in INFLUX_URL, and INFLUX_DB or INFLUX_BUCKET.'],
  [429, 'The server asks for fewer requests.'],
  [500, "Look at the server's own log and at the space on its disk."],
]);
