import type { FaultCode, SignalValue } from '../src/telemetry/index.ts';

/** A report as a device writes it: the JSON of the MQTT contract. */
export interface SimulatedReport {
  /** By the device's clock, epoch ms. */
  readonly at: number;
  /** The last report of a message of a device that mistrusts its clock, by that clock. */
  readonly sentAt?: number;
  readonly boot: string;
  readonly seq: number;
  readonly firmware: string;
  readonly signals: Readonly<Record<string, SignalValue>>;
  readonly faults?: readonly FaultCode[];
}

/** One message of one device, when the service gets it. */
export interface Arrival {
  readonly arrivesAt: number;
  readonly device: string;
  readonly product: string;
  /** Oldest first; at least one. */
  readonly reports: readonly SimulatedReport[];
  /** The message was delivered before. */
  readonly repeated: boolean;
}

/** The payload as the device publishes it: a report, or an array of them. */
export function messageText({ reports }: Arrival): string {
  return JSON.stringify(reports.length === 1 ? reports[0] : reports);
}
