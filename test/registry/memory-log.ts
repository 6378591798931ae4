import type { Log } from '../../src/log/index.ts';

export interface MemoryLog extends Log {
  readonly payloads: Uint8Array[];
  /** The next append rejects with this. */
  failNext(error: Error): void;
}

/** The log's contract without a disk, for tests that look at what was appended. */
export function memoryLog(): MemoryLog {
  const payloads: Uint8Array[] = [];
  let first = 0;
  let failure: Error | undefined;
  return {
    payloads,
    failNext(error) {
      failure = error;
    },
    async append(added) {
      const error = failure;
      failure = undefined;
      if (error !== undefined) throw error;
      return payloads.push(...added) - added.length;
    },
    async read(from, { recordsMax }) {
      const start = Math.max(from, first);
      return payloads.slice(start, start + recordsMax).map((payload, i) => ({ offset: start + i, payload }));
    },
    bounds: () => ({ first, next: payloads.length, bytes: 0 }),
    whenReadable: async (offset) => offset < payloads.length,
    async trim(before) {
      first = Math.max(first, before);
      return first;
    },
    close: async () => undefined,
  };
}
