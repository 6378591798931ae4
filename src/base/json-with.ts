import { numbersToText } from './cells.ts';

/**
 * JSON that is not text yet: pieces of it in order, and between them numbers that stand for the text that
 * `numbersToText` makes of them, as a string. So who has little time need not make it, and the numbers can be moved.
 */
export type JsonParts = readonly (string | Float64Array)[];

/**
 * The JSON of an object and, behind its own members, of some that are JSON already; undefined ones are left out. So long
 * texts without anything to escape need not be searched for it.
 */
export function jsonWith(object: object, more: Readonly<Record<string, JsonParts | undefined>>): JsonParts {
  const parts: (string | Float64Array)[] = [];
  let text = JSON.stringify(object).slice(0, -1);
  let isEmpty = text.length === 1;
  for (const name in more) {
    const json = more[name];
    if (json === undefined) continue;
    text += `${isEmpty ? '' : ','}${JSON.stringify(name)}:`;
    isEmpty = false;
    for (const part of json) {
      if (typeof part === 'string') {
        text += part;
        continue;
      }
      parts.push(text, part);
      text = '';
    }
  }
  parts.push(`${text}}`);
  return parts;
}

export function jsonText(parts: JsonParts): string {
  return parts.map((part) => (typeof part === 'string' ? part : `"${numbersToText(part)}"`)).join('');
}
