import type { Report } from '../telemetry/index.ts';

/** Accepted reports that wait to be stored. They can be found by identity; the index is made when first asked for. */
export class WaitingReports {
  #list: Report[] = [];
  #byIdentity = new Map<string, Report[]>();
  #indexed = 0;

  get length(): number {
    return this.#list.length;
  }

  push(report: Report): void {
    this.#list.push(report);
  }

  find(device: string, boot: string, seq: number): readonly Report[] {
    for (; this.#indexed < this.#list.length; this.#indexed++) {
      const report = this.#list[this.#indexed];
      if (report?.boot === undefined || report.seq === undefined) continue;
      const key = identityKey(report.device, report.boot, report.seq);
      const same = this.#byIdentity.get(key);
      if (same) same.push(report);
      else this.#byIdentity.set(key, [report]);
    }
    return this.#byIdentity.get(identityKey(device, boot, seq)) ?? [];
  }

  /** In log order. */
  list(): readonly Report[] {
    return this.#list;
  }

  clear(): void {
    this.#list = [];
    this.#byIdentity = new Map();
    this.#indexed = 0;
  }
}

function identityKey(device: string, boot: string, seq: number): string {
  return `${device}\n${boot}\n${seq}`;
}
