import { dayMs } from '../base/index.ts';

/** One value of one signal: gauges and counters are finite numbers, states are numbers, booleans or words. */
export type SignalValue = number | boolean | string;

export interface FaultCode {
  readonly code: string;
  readonly active: boolean;
}

/** Reports further behind their device's event time than this are stored and never judged. */
export const correctionHorizonMs = 7 * dayMs;

/** A report that admission accepted: validated, identified and placed in time. */
export interface Report {
  readonly device: string;
  readonly product: string;
  /** Log offset of the message that carried it, and its place in that message's array. Together they order reports. */
  readonly offset: number;
  readonly index: number;
  /** Event time, epoch ms. */
  readonly at: number;
  /** Arrival, epoch ms, the service's clock. */
  readonly receivedAt: number;
  /** The device's own stamp where it was not believed; `at` is then the arrival or the corrected time. */
  readonly rawAt: number | undefined;
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly firmware: string | undefined;
  readonly signals: Readonly<Record<string, SignalValue>>;
  readonly faults: readonly FaultCode[];
  /**
   * What the device's parent was known to have last told when this report came, by the parent's signals, as far as rules
   * ask for it and it was not too old. It is recorded once, and the report is judged by it whenever it is judged again.
   */
  readonly parent?: Readonly<Record<string, SignalValue>>;
}
