/** A parameter of the URL that is text; what is empty or of another kind is as good as absent. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
