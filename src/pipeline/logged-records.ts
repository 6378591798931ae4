import type { Log, LogEntry } from '../log/index.ts';

/** What is read at once, and how many such stretches are remembered. */
const stretch = { recordsMax: 1_024, bytesMax: 256 * 1024 };
const stretchesMax = 8;

/**
 * Single records of the log. Whoever asks for one mostly asks for those behind it next, and one costs the log as much as
 * a stretch, once it is in no cache of its own.
 */
export class LoggedRecords {
  readonly #log: Pick<Log, 'bounds' | 'read'>;
  /** The last that was read comes first. */
  #stretches: readonly (readonly LogEntry[])[] = [];

  constructor(log: Pick<Log, 'bounds' | 'read'>) {
    this.#log = log;
  }

  /** Undefined once it is trimmed. Rejects as the log's reads do. */
  async at(offset: number): Promise<LogEntry | undefined> {
    if (offset < this.#log.bounds().first) return undefined;
    for (const entries of this.#stretches) {
      const entry = entries[offset - (entries[0]?.offset ?? 0)];
      if (entry !== undefined) return entry;
    }
    const entries = await this.#log.read(offset, stretch);
    if (entries[0]?.offset !== offset) return undefined;
    this.#stretches = [entries, ...this.#stretches.slice(0, stretchesMax - 1)];
    return entries[0];
  }
}
