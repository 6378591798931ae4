import type { Report, SignalValue } from '../telemetry/index.ts';

/**
 * What reports record of a parent lies beside their signals, under names that no signal has: of the device's signals
 * nobody is told of it, and a report comes back as it was.
 */
const prefix = 'parent.';

export function parentColumn(signal: string): string {
  return prefix + signal;
}

/** The parent's signal in such a column; undefined for a signal of the device. */
export function signalOfParent(column: string): string | undefined {
  return column.startsWith(prefix) ? column.slice(prefix.length) : undefined;
}

/** Parts columns' values by whose they are: a report's `signals`, and `parent` where there are any. */
export class ReadingsOfRow {
  readonly signals: Record<string, SignalValue> = {};
  #parent: Record<string, SignalValue> | undefined;

  add(name: string, value: SignalValue): void {
    const ofParent = signalOfParent(name);
    if (ofParent === undefined) {
      this.signals[name] = value;
      return;
    }
    this.#parent ??= {};
    this.#parent[ofParent] = value;
  }

  get parent(): Pick<Report, 'parent'> {
    return this.#parent === undefined ? {} : { parent: this.#parent };
  }
}
