import type { LogEntry } from './log.ts';
import { type Group, payloadOf } from './segment-format.ts';

export interface ReadLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** Gathers the records of one read, group by group, up to its limits. */
export class EntryPage {
  readonly entries: LogEntry[] = [];
  /** Offset of the record that comes next. */
  next: number;
  readonly #limits: ReadLimits;
  #bytes = 0;

  constructor(from: number, limits: ReadLimits) {
    this.next = from;
    this.#limits = limits;
  }

  /** Takes what is wanted of a group, nothing of an earlier one. False when the page is full. */
  add(group: Group): boolean {
    while (this.next < group.first + group.count) {
      const payload = payloadOf(group, this.next - group.first);
      if (this.entries.length >= this.#limits.recordsMax) return false;
      if (this.entries.length > 0 && this.#bytes + payload.length > this.#limits.bytesMax) return false;
      this.entries.push({ offset: this.next, payload });
      this.#bytes += payload.length;
      this.next += 1;
    }
    return this.entries.length < this.#limits.recordsMax;
  }
}
