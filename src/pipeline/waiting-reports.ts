import { Sheet } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';

const roomAtFirst = 16;

/**
 * Accepted reports that wait to be stored, as rows: so many objects that live for a while would be what the collector is
 * busy with. They can be found by identity; the index is made when first asked for.
 */
export class WaitingReports {
  #rows = new Sheet(roomAtFirst);
  #byIdentity = new Map<string, number[]>();
  #indexed = 0;

  get length(): number {
    return this.#rows.rows;
  }

  push(report: Report): void {
    this.#rows.push(report);
  }

  find(device: string, boot: string, seq: number): readonly Report[] {
    const rows = this.#rows;
    for (; this.#indexed < rows.rows; this.#indexed++) {
      const identity = rows.identityAt(this.#indexed);
      if (identity === undefined) continue;
      const key = identityKey(identity.device, identity.boot, identity.seq);
      const same = this.#byIdentity.get(key);
      if (same) same.push(this.#indexed);
      else this.#byIdentity.set(key, [this.#indexed]);
    }
    return (this.#byIdentity.get(identityKey(device, boot, seq)) ?? []).map((row) => rows.report(row));
  }

  /** In log order. */
  list(): readonly Report[] {
    return this.#rows.reports();
  }

  /** Gives them away. */
  take(): Sheet {
    const rows = this.#rows;
    rows.seal();
    this.#rows = new Sheet(Math.max(roomAtFirst, rows.rows));
    this.#byIdentity = new Map();
    this.#indexed = 0;
    return rows;
  }
}

function identityKey(device: string, boot: string, seq: number): string {
  return `${device}\n${boot}\n${seq}`;
}
