/** Items by time, earliest first; those of one time in the order in which they were put in. A binary heap. */
export class TimeQueue<Item> {
  readonly #at: number[] = [];
  readonly #order: number[] = [];
  readonly #items: Item[] = [];
  #count = 0;

  get size(): number {
    return this.#items.length;
  }

  /** Time of the first item; infinity when there is none. */
  get nextAt(): number {
    return this.#at[0] ?? Number.POSITIVE_INFINITY;
  }

  push(at: number, item: Item): void {
    this.#rise(this.#items.length, at, this.#count++, item);
  }

  pop(): Item | undefined {
    const [first] = this.#items;
    const at = this.#at.pop();
    const order = this.#order.pop();
    const item = this.#items.pop();
    if (at === undefined || order === undefined || item === undefined) return undefined;
    if (this.#items.length > 0) this.#sink(at, order, item);
    return first;
  }

  #rise(from: number, at: number, order: number, item: Item): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#isBefore(parent, at, order)) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#set(place, at, order, item);
  }

  #sink(at: number, order: number, item: Item): void {
    const { length } = this.#items;
    let place = 0;
    for (let child = 1; child < length; child = 2 * place + 1) {
      const right = child + 1;
      if (right < length && this.#isBefore(right, this.#at[child] ?? 0, this.#order[child] ?? 0)) child = right;
      if (!this.#isBefore(child, at, order)) break;
      this.#move(child, place);
      place = child;
    }
    this.#set(place, at, order, item);
  }

  #isBefore(place: number, at: number, order: number): boolean {
    const own = this.#at[place] ?? 0;
    return own < at || (own === at && (this.#order[place] ?? 0) < order);
  }

  #move(from: number, to: number): void {
    const item = this.#items[from];
    if (item !== undefined) this.#set(to, this.#at[from] ?? 0, this.#order[from] ?? 0, item);
  }

  #set(place: number, at: number, order: number, item: Item): void {
    this.#at[place] = at;
    this.#order[place] = order;
    this.#items[place] = item;
  }
}
