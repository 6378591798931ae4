/** A hint that names a call helps whoever writes a program; a reader of the console has no use for it. */
const forPrograms = /\/api\/|\/openapi\.json/;

/** What the service says to do about a problem; null where it says nothing to people. */
export function hintWords(hint: string | undefined): string | null {
  return hint === undefined || forPrograms.test(hint) ? null : hint;
}
