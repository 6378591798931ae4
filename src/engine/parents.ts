import type { SignalSpec } from '../product/index.ts';
import type { Report, SignalValue } from '../telemetry/index.ts';

/** A device's newest reading of each signal, by event time. */
export type Told = Readonly<Record<string, { readonly at: number; readonly value: SignalValue }>>;

/** What the parents of devices have told. */
export interface ParentsKnown {
  /** Of the parent that the report's device has at the report's place in the log: what it had told by then. */
  of(report: Report): { readonly product: string; readonly told: Told } | undefined;
}

/** What a device has told, with one report more: the newest reading by event time, of one time the last in the log. */
export function toldWith(told: Told | undefined, { at, signals }: Report): Told {
  const newest: Record<string, Told[string]> = { ...told };
  for (const signal in signals) {
    const value = signals[signal];
    if (value !== undefined && !(at < (newest[signal]?.at ?? at))) newest[signal] = { at, value };
  }
  return newest;
}

/**
 * What a report records of the parent: the readings that are not older than their `maxAge` at the report's event time.
 * Undefined: none.
 */
export function recordOf(told: Told, signals: readonly SignalSpec[], at: number): Report['parent'] {
  const record: Record<string, SignalValue> = {};
  let isEmpty = true;
  for (const { name, type, maxAgeMs } of signals) {
    const reading = told[name];
    if (reading === undefined || typeof reading.value !== type || at - reading.at > maxAgeMs) continue;
    record[name] = reading.value;
    isEmpty = false;
  }
  return isEmpty ? undefined : record;
}
