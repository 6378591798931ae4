/**
 * The JSON of an object and, behind its own members, of some that are JSON already; undefined ones are left out. So long
 * texts without anything to escape need not be searched for it.
 */
export function jsonWith(object: object, more: Readonly<Record<string, string | undefined>>): string {
  let text = JSON.stringify(object).slice(0, -1);
  for (const name in more) {
    const json = more[name];
    if (json !== undefined) text += `${text.length > 1 ? ',' : ''}${JSON.stringify(name)}:${json}`;
  }
  return `${text}}`;
}
