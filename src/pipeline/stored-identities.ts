import type { ReportsQuery } from '../store/index.ts';
import type { Report } from '../telemetry/index.ts';

/** Numbers that are read at once, and how many such reads are remembered. */
const numbersAtOnce = 64;
const readsMax = 512;

/**
 * What is stored under an identity. A report that comes again mostly comes with those that were sent before and after
 * it, so they are read together: one by one, each would cost a look into a chunk, in another thread.
 */
export class StoredIdentities {
  readonly #read: (query: ReportsQuery) => Promise<readonly Report[]>;
  /** By number, of what was read. */
  readonly #found = new Map<string, ReadonlyMap<number | undefined, readonly Report[]>>();

  constructor(read: (query: ReportsQuery) => Promise<readonly Report[]>) {
    this.#read = read;
  }

  async find(device: string, boot: string, seq: number): Promise<readonly Report[]> {
    const first = seq - (seq % numbersAtOnce);
    const key = `${device}\n${boot}\n${first}`;
    const known = this.#found.get(key);
    if (known) return known.get(seq) ?? [];
    const reports = await this.#read({ by: 'identity', device, boot, seq: first, seqs: numbersAtOnce });
    const found = Map.groupBy(reports, (report) => report.seq);
    this.#found.set(key, found);
    const [oldest] = this.#found.keys();
    if (this.#found.size > readsMax && oldest !== undefined) this.#found.delete(oldest);
    return found.get(seq) ?? [];
  }

  /** There is more in the store now, or less. */
  forget(): void {
    this.#found.clear();
  }
}
