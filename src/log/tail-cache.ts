import type { EntryPage } from './entry-page.ts';
import { indexAtOrBefore } from './segment.ts';
import type { Group } from './segment-format.ts';

/** The newest groups in memory, because readers follow the tail. */
export class TailCache {
  readonly #bytesMax: number;
  /** Ascending and without holes. */
  readonly #groups: Group[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  add(group: Group): void {
    this.#groups.push(group);
    this.#bytes += costOf(group);
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#groups.shift();
      if (oldest === undefined) break;
      this.#bytes -= costOf(oldest);
    }
  }

  /** Fills the page from its next record on; false when that is not here, or not yet. */
  fill(page: EntryPage): boolean {
    const start = indexAtOrBefore(this.#groups, page.next, (group) => group.first);
    if (start === -1) return false;
    for (let index = start; index < this.#groups.length; index += 1) {
      const group = this.#groups[index];
      if (group === undefined || !page.add(group)) break;
    }
    return page.entries.length > 0;
  }
}

/** The objects around a body count too, or many small groups would pass the bound. */
function costOf(group: Group): number {
  return group.body.length + 256;
}
