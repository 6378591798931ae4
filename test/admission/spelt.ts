export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Tells apart what toEqual does not: the order of keys, signs of zero, prototypes. */
export function spelt(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spelt).join()}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Reflect.ownKeys(value).map((key) => `${JSON.stringify(key)}:${spelt(Reflect.get(value, key))}`);
    return `${Object.getPrototypeOf(value) === Object.prototype ? '' : 'strange '}{${entries.join()}}`;
  }
  return Object.is(value, -0) ? '-0' : `${typeof value} ${JSON.stringify(value)}`;
}
