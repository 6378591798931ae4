/** Places beyond this are always looked up: a report with more names is not what the product's devices send. */
const placesMax = 1_000;

/**
 * Looks up by names that come in the same order again and again, as the signals in the reports of a product do: what
 * came at this place the last time is tried first, which is cheaper than any look-up.
 */
export class NameLookup<Value> {
  readonly #values: ReadonlyMap<string, Value>;
  readonly #lastNames: string[] = [];
  readonly #lastValues: (Value | undefined)[] = [];

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values;
  }

  /** `place`: how many names of the same list came before, from 0. */
  get(name: string, place: number): Value | undefined {
    if (this.#lastNames[place] === name) return this.#lastValues[place];
    const value = this.#values.get(name);
    if (place <= this.#lastNames.length && place < placesMax) {
      this.#lastNames[place] = name;
      this.#lastValues[place] = value;
    }
    return value;
  }
}
