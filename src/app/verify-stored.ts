import type { StoreDamage, StoredRows, StoreInspection } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';

/** Log offsets of a page of sums. */
const pageRecords = 1 << 20;

/**
 * Which reports the store holds, in 4 bytes a record of the log: for each record the sum of a hash of (device, index)
 * over its stored reports. Whatever is missing, too much or under another name makes another sum.
 */
export class StoredIndex {
  readonly damage: StoreDamage[] = [];
  /** Stored reports in all. */
  reports = 0;
  readonly #store: StoreInspection;
  readonly #from: number;
  readonly #sums = new Map<number, Uint32Array>();
  readonly #before = new Map<string, number>();
  readonly #deviceHashes = new Map<string, number>();

  /** Reads the whole store: sums of records from `from` on, and each device's reports before `before`. */
  constructor(store: StoreInspection, range: { readonly from: number; readonly before: number }) {
    this.#store = store;
    this.#from = range.from;
    for (const part of store.parts()) {
      if (part.kind === 'damage') this.damage.push(part);
      else this.#add(part, range.before);
    }
  }

  /** Stored reports by device, before the offset that was asked for. */
  counts(): ReadonlyMap<string, number> {
    return this.#before;
  }

  /** Takes what one record should have become out of the index, and gives back what of it is not there. */
  take(device: string, offset: number, expected: readonly Report[]): readonly Report[] {
    const page = this.#sums.get(Math.floor((offset - this.#from) / pageRecords));
    const place = (offset - this.#from) % pageRecords;
    const found = page?.[place] ?? 0;
    if (page === undefined || found === 0) return expected;
    const hash = this.#deviceHash(device);
    if (found === expected.reduce((sum, { index }) => (sum + placeHash(hash, index)) >>> 0, 0)) {
      page[place] = 0;
      return [];
    }
    const missing = expected.filter((report) => !this.#holds(report));
    for (const report of expected)
      if (!missing.includes(report)) page[place] = (page[place] ?? 0) - placeHash(hash, report.index);
    return missing;
  }

  /** Stored reports that nothing took, one call a block: they have no place in the log. */
  *left(): Generator<{ readonly device: string; readonly offset: number }, void, void> {
    if (![...this.#sums.values()].some((page) => page.some((sum) => sum !== 0))) return;
    for (const part of this.#store.parts()) {
      if (part.kind === 'damage') continue;
      for (let row = 0; row < part.count; row++) {
        const offset = part.offsets[row] ?? 0;
        if (offset >= this.#from && this.#sumAt(offset) !== 0) yield { device: part.device, offset };
      }
    }
  }

  #add({ device, count, offsets, indexes }: StoredRows, before: number): void {
    const hash = this.#deviceHash(device);
    this.reports += count;
    let earlier = 0;
    for (let row = 0; row < count; row++) {
      const offset = offsets[row] ?? 0;
      if (offset < before) earlier += 1;
      if (offset < this.#from) continue;
      const number = Math.floor((offset - this.#from) / pageRecords);
      let page = this.#sums.get(number);
      if (page === undefined) {
        page = new Uint32Array(pageRecords);
        this.#sums.set(number, page);
      }
      const place = (offset - this.#from) % pageRecords;
      page[place] = (page[place] ?? 0) + placeHash(hash, indexes[row] ?? 0);
    }
    this.#before.set(device, (this.#before.get(device) ?? 0) + earlier);
  }

  #sumAt(offset: number): number {
    const page = this.#sums.get(Math.floor((offset - this.#from) / pageRecords));
    return page?.[(offset - this.#from) % pageRecords] ?? 0;
  }

  #holds({ device, at, offset, index }: Report): boolean {
    return this.#store.byTime(device, at).some((stored) => stored.offset === offset && stored.index === index);
  }

  #deviceHash(device: string): number {
    const known = this.#deviceHashes.get(device);
    if (known !== undefined) return known;
    const made = Math.imul(this.#deviceHashes.size + 1, 0x9e37_79b1) >>> 0;
    this.#deviceHashes.set(device, made);
    return made;
  }
}

/** Never 0 for a first report: a record that is stored shows. */
function placeHash(deviceHash: number, index: number): number {
  return (Math.imul((deviceHash ^ index) | 1, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35)) >>> 0 || 1;
}
