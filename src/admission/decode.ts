/** One report as the device wrote it: a JSON object of which nothing is believed yet. */
export type RawReport = Readonly<Record<string, unknown>>;

/** What a message holds: raw reports, or why it cannot be read. An item that is no object is told apart as undefined. */
export type Decoded =
  | { readonly ok: true; readonly reports: readonly (RawReport | undefined)[] }
  | { readonly ok: false; readonly reason: 'undecodable' | 'empty'; readonly detail: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A report needs four levels; beyond this nothing that walks a value may be asked to. */
const nestingMax = 32;

/** JSON reports, single or in an array, oldest first. */
export function decodeReports(payload: Uint8Array): Decoded {
  let value: unknown;
  try {
    const text = utf8.decode(payload);
    if (isNestedTooDeep(text)) {
      return { ok: false, reason: 'undecodable', detail: `this is nested deeper than ${nestingMax} levels` };
    }
    value = JSON.parse(text);
  } catch (error) {
    const detail = payload.length === 0 ? 'the payload is empty' : `this is not JSON in UTF-8: ${reasonOf(error)}`;
    return { ok: false, reason: payload.length === 0 ? 'empty' : 'undecodable', detail };
  }
  if (!Array.isArray(value)) {
    if (isObject(value)) return { ok: true, reports: [value] };
    const detail = `a report is a JSON object, this is ${value === null ? 'null' : `a ${typeof value}`}`;
    return { ok: false, reason: value === null ? 'empty' : 'undecodable', detail };
  }
  if (value.length === 0) return { ok: false, reason: 'empty', detail: 'the array holds no report' };
  return { ok: true, reports: value.map((item) => (isObject(item) ? item : undefined)) };
}

const [quote, backslash, openObject, closeObject, openArray, closeArray] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** By the text, before anything is parsed: brackets outside of strings. */
function isNestedTooDeep(text: string): boolean {
  if (!hasManyBrackets(text)) return false;
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (inString) {
      if (character === backslash) i += 1;
      else if (character === quote) inString = false;
    } else if (character === quote) inString = true;
    else if (character === openObject || character === openArray) {
      depth += 1;
      if (depth > nestingMax) return true;
    } else if (character === closeObject || character === closeArray) depth -= 1;
  }
  return false;
}

/** More than could be open at once: a search for one character is many times faster than a look at each. */
function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (let i = text.indexOf('{'); i >= 0; i = text.indexOf('{', i + 1)) {
    count += 1;
    if (count > nestingMax) return true;
  }
  for (let i = text.indexOf('['); i >= 0; i = text.indexOf('[', i + 1)) {
    count += 1;
    if (count > nestingMax) return true;
  }
  return false;
}

export function isObject(value: unknown): value is RawReport {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'unreadable';
}
