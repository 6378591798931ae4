import type { Report } from '../telemetry/index.ts';

export interface RecentLimits {
  readonly reportsMax: number;
  /** Rows of `recent`, by the writes that made them. */
  readonly writesMax: number;
  /** Content of those rows, in bytes. */
  readonly bytesMax: number;
}

/** What one write left in the table `recent`. */
interface RecentWrite {
  /** The cursor after it: its reports lie before. */
  readonly next: number;
  readonly bytes: number;
  /** Reports of it that are not in chunks yet. */
  left: number;
}

/**
 * The reports that are not in chunks yet, in memory as in the table `recent`. Devices come in the order of their oldest
 * such report, so that taking them from the front empties the oldest write first.
 */
export class RecentReports {
  readonly #limits: RecentLimits;
  readonly #byDevice = new Map<string, Report[]>();
  #writes: RecentWrite[] = [];
  #count = 0;
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Whether devices must be packed to make room. */
  get over(): boolean {
    const { reportsMax, writesMax, bytesMax } = this.#limits;
    return this.#count > reportsMax || this.#writes.length >= writesMax || this.#bytes > bytesMax;
  }

  /** The device whose oldest report is the oldest of all. */
  get front(): string | undefined {
    return this.#byDevice.keys().next().value;
  }

  /** Adds the next report; they come in log order. Returns how many its device has now. */
  push(report: Report): number {
    this.#count++;
    const reports = this.#byDevice.get(report.device);
    if (reports) return reports.push(report);
    this.#byDevice.set(report.device, [report]);
    return 1;
  }

  /** Notes that `count` of the reports lie in the table, as written with the cursor `next`. */
  noteWrite(next: number, count: number, bytes: number): void {
    this.#writes.push({ next, bytes, left: count });
    this.#bytes += bytes;
  }

  of(device: string): readonly Report[] {
    return this.#byDevice.get(device) ?? [];
  }

  /** Of each device, in log order. */
  all(): Iterable<readonly Report[]> {
    return this.#byDevice.values();
  }

  /** Takes a device's reports out, in log order. */
  take(device: string): readonly Report[] {
    const reports = this.#byDevice.get(device) ?? [];
    this.#byDevice.delete(device);
    this.#count -= reports.length;
    for (const report of reports) {
      const write = this.#writeOf(report.offset);
      if (write) write.left--;
    }
    return reports;
  }

  /** Forgets the oldest writes that have nothing left; returns the `next` of the last of them. */
  dropEmptyWrites(): number | undefined {
    const firstKept = this.#writes.findIndex((write) => write.left > 0);
    const dropped = this.#writes.splice(0, firstKept < 0 ? this.#writes.length : firstKept);
    for (const write of dropped) this.#bytes -= write.bytes;
    return dropped.at(-1)?.next;
  }

  /** Undefined for a report of the write under way. */
  #writeOf(offset: number): RecentWrite | undefined {
    let low = 0;
    let high = this.#writes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#writes[middle]?.next ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return this.#writes[low];
  }
}
