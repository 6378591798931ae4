import { type Arrival, networks, type Scenario, type SimulatedReport, scenarios } from '../../simulators/index.ts';
import { dayMs } from '../../src/base/index.ts';

/** A small run of healthy devices on a perfect network, but for what a test says. */
export function scenario(changes: Partial<Scenario> = {}): Scenario {
  return {
    ...scenarios.demo,
    name: 'test',
    startAt: Date.UTC(2025, 5, 2),
    lengthMs: 2 * dayMs,
    devices: 4,
    faultShare: 0,
    network: networks.perfect,
    ...changes,
  };
}

/** Every report once, by device, in the order of arrival. */
export function reportsByDevice(arrivals: Iterable<Arrival>): Map<string, SimulatedReport[]> {
  const byDevice = new Map<string, SimulatedReport[]>();
  for (const { device, reports, repeated } of arrivals) {
    if (repeated) continue;
    const list = byDevice.get(device) ?? [];
    byDevice.set(device, list);
    list.push(...reports);
  }
  return byDevice;
}

/** The readings of one signal as numbers, true counting 1. */
export function readings(reports: readonly SimulatedReport[], signal: string): number[] {
  return reports.flatMap(({ signals }) => {
    const value = signals[signal];
    return value === undefined ? [] : [Number(value)];
  });
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Rise of a counter over a stretch. */
export function rise(reports: readonly SimulatedReport[], signal: string): number {
  const values = readings(reports, signal);
  return (values.at(-1) ?? 0) - (values[0] ?? 0);
}

export function between(reports: readonly SimulatedReport[], from: number, to: number): SimulatedReport[] {
  return reports.filter(({ at }) => at >= from && at < to);
}
