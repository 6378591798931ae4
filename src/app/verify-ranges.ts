/** Numbers in a row, both ends inclusive. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

/** Report numbers of one boot. */
export interface BootRange extends NumberRange {
  readonly boot: string;
}

/** Whole numbers, gathered in any order, as the ranges that they make. */
export class NumberRanges {
  readonly #numbers: number[] = [];

  add(number: number): void {
    this.#numbers.push(number);
  }

  list(): NumberRange[] {
    const ranges: { from: number; to: number }[] = [];
    for (const number of this.#numbers.sort((a, b) => a - b)) {
      const last = ranges.at(-1);
      if (last && number <= last.to + 1) last.to = number;
      else ranges.push({ from: number, to: number });
    }
    return ranges;
  }
}

/** The reports of a device that are missing: by boot and number where they have those, else by record of the log. */
export class MissingReports {
  count = 0;
  readonly #byBoot = new Map<string, NumberRanges>();
  readonly #records = new NumberRanges();

  add(report: { readonly boot: string | undefined; readonly seq: number | undefined; readonly offset: number }): void {
    this.count += 1;
    const { boot, seq, offset } = report;
    if (boot === undefined || seq === undefined) this.#records.add(offset);
    else this.addNumber(boot, seq);
  }

  addNumber(boot: string, seq: number): void {
    const known = this.#byBoot.get(boot);
    const ranges = known ?? new NumberRanges();
    if (!known) this.#byBoot.set(boot, ranges);
    ranges.add(seq);
  }

  numbers(): BootRange[] {
    return [...this.#byBoot].flatMap(([boot, ranges]) => ranges.list().map((range) => ({ boot, ...range })));
  }

  records(): NumberRange[] {
    return this.#records.list();
  }
}
