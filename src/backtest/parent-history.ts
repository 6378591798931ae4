import type { ParentsKnown, Told } from '../engine/index.ts';
import type { StoredBlock } from '../store/index.ts';
import type { Report, SignalValue } from '../telemetry/index.ts';
import { type Family, parentsOf } from './family.ts';

export interface ParentHistoryOptions {
  readonly family: Family;
  /** Those that rules ask for. */
  readonly signals: readonly string[];
  /** Stored reports of a parent, in any order. */
  readonly reports: (parent: string) => Iterable<Pick<StoredBlock, 'reports'>>;
}

/**
 * What the parents of a family had told at any place of the log. A replay has each device's reports in the order of event
 * time; what a report knew of the parent goes by the order of the log, and so is looked up here.
 */
export class ParentHistory implements ParentsKnown {
  /** By device: since which log offset it has which parent. */
  readonly #parents: ReadonlyMap<string, ReturnType<typeof parentsOf>>;
  readonly #told: ReadonlyMap<string, { readonly product: string; readonly steps: ReadonlyMap<string, Steps> }>;

  constructor({ family, signals, reports }: ParentHistoryOptions) {
    this.#parents = new Map(family.members.map(({ id, facts }) => [id, parentsOf(facts)]));
    this.#told = new Map(
      family.parents.map(({ id, product }) => [id, { product, steps: stepsOf(reports(id), signals) }]),
    );
  }

  of({ device, offset }: Report): { readonly product: string; readonly told: Told } | undefined {
    const parent = this.#parents.get(device)?.findLast(({ from }) => from < offset)?.parent;
    const known = parent === undefined ? undefined : this.#told.get(parent);
    if (known === undefined) return undefined;
    const told: Record<string, Told[string]> = {};
    for (const [signal, steps] of known.steps) {
      const reading = steps.before(offset);
      if (reading !== undefined) told[signal] = reading;
    }
    return { product: known.product, told };
  }
}

type Reading = Told[string] & { readonly offset: number; readonly index: number };

function stepsOf(
  blocks: Iterable<Pick<StoredBlock, 'reports'>>,
  signals: readonly string[],
): ReadonlyMap<string, Steps> {
  const readings = new Map<string, Reading[]>(signals.map((signal) => [signal, []]));
  for (const { reports } of blocks) {
    for (const { at, offset, index, signals: told } of reports) {
      for (const [signal, list] of readings) {
        const value = told[signal];
        if (value !== undefined) list.push({ at, value, offset, index });
      }
    }
  }
  return new Map([...readings].map(([signal, list]) => [signal, new Steps(list)]));
}

/** One signal of a parent: since which log offset its newest reading is which. */
class Steps {
  readonly #offsets: number[] = [];
  readonly #ats: number[] = [];
  readonly #values: SignalValue[] = [];
  /** Where it was looked up last: reports come nearly in the order of the log. */
  #place = 0;

  constructor(readings: Reading[]) {
    readings.sort((a, b) => a.offset - b.offset || a.index - b.index);
    for (const { at, value, offset } of readings) {
      if (at < (this.#ats.at(-1) ?? at)) continue;
      this.#offsets.push(offset);
      this.#ats.push(at);
      this.#values.push(value);
    }
  }

  /** The newest reading of those that came before a log offset. */
  before(offset: number): Told[string] | undefined {
    let place = this.#isBefore(this.#place, offset) ? this.#place : 0;
    let step = 1;
    while (this.#isBefore(place + step, offset)) step *= 2;
    // The last that lies before it is less than a step away.
    for (; step >= 1; step /= 2) if (this.#isBefore(place + step, offset)) place += step;
    this.#place = place;
    const [at, value] = [this.#ats[place], this.#values[place]];
    return at === undefined || value === undefined || !this.#isBefore(place, offset) ? undefined : { at, value };
  }

  #isBefore(place: number, offset: number): boolean {
    return (this.#offsets[place] ?? Number.POSITIVE_INFINITY) < offset;
  }
}
