import { AftercareError } from '../../src/base/index.ts';
import { serveCalls } from '../../src/threads/index.ts';

/** A driver that answers with what it was asked, and can be told to fail. */
export interface Echo {
  echo(value: unknown): Promise<unknown>;
  numbers(values: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer>;
  fail(known: boolean): Promise<never>;
  order(): readonly number[];
  note(number: number, waitMs: number): Promise<number>;
  end(): void;
  close(): void;
}

await serveCalls((settings: { readonly refuses: boolean }, tell) => {
  if (settings.refuses) throw new AftercareError('data-folder-unusable', 'not here', { hint: 'elsewhere' });
  const begun: number[] = [];
  const driver: Echo = {
    echo: async (value) => value,
    numbers: (values) => values.map((value) => value * 2),
    fail: async (known) => {
      throw known ? new AftercareError('store-failed', 'no room', { hint: 'make some' }) : new RangeError('ours');
    },
    order: () => begun,
    note: async (number, waitMs) => {
      begun.push(number);
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return number;
    },
    end: () => process.exit(3),
    close: () => undefined,
  };
  return {
    driver,
    memoryOf: (answer) => (answer instanceof Float64Array ? [answer.buffer as ArrayBuffer] : []),
    beforeAnswer: (failed) => tell({ failed }),
  };
});
