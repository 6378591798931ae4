import { readRecording } from '../../simulators/csv.ts';
import { models, scenarioNamed, simulate } from '../../simulators/index.ts';
import { dayMs, minuteMs } from '../../src/base/index.ts';
import type { Report } from '../../src/telemetry/index.ts';

export const product = 'bench-rig';
export const startAt = Date.UTC(2025, 0, 1);

/** A report of eight signals that drift, jump, count and switch as those of real machines do. */
export function madeReport(device: number, n: number, offset: number): Report {
  const at = startAt + n * minuteMs + ((device * 7_919) % minuteMs);
  const wave = Math.sin((n + device * 37) / 120);
  return {
    device: `device-${device}`,
    product,
    offset,
    index: 0,
    at,
    receivedAt: at + 40 + noise(offset, 30),
    rawAt: undefined,
    boot: 'b7',
    seq: n,
    firmware: '2.3.1',
    signals: {
      cabinet_temp: Math.round((4 + 2 * wave) * 10 + noise(offset, 3)) / 10,
      evaporator_temp: Math.round((-12 + 3 * wave) * 10 + noise(offset + 1, 5)) / 10,
      ambient_temp: Math.round((21 + wave) * 10) / 10,
      compressor_current: Math.round((1.9 + 0.2 * wave) * 100 + noise(offset + 2, 9)) / 100,
      vibration: Math.round(300 + 40 * wave + noise(offset + 3, 50)) / 1_000,
      voltage: Math.round(2_300 + noise(offset + 4, 30)) / 10,
      energy: n * 3 + (n >> 3),
      door_open: noise(offset + 5, 40) === 0,
    },
    faults: [],
  };
}

/** A whole number from 0 to `below` − 1 that looks like chance and is the same in every run. */
function noise(seed: number, below: number): number {
  let mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % below;
}

/** Writes of `devices × each` reports: every device says `each` in a row, as one that sends batches does. */
export function* madeWrites(options: {
  readonly devices: number;
  readonly each: number;
  readonly reports: number;
  readonly offset: number;
  readonly firstDevice?: number;
}): Generator<readonly Report[], void, void> {
  const { devices, each, reports, firstDevice = 0 } = options;
  let { offset } = options;
  for (let n = 0; n * devices < reports; n += each) {
    const write: Report[] = [];
    for (let device = 0; device < devices; device++) {
      for (let i = 0; i < each; i++) write.push(madeReport(firstDevice + device, n + i, offset++));
    }
    yield write;
  }
}

/** What a simulated fleet of twenty sends in `days`, in the order of arrival. */
export function simulatedReports(days: number): readonly Report[] {
  const mix = Object.fromEntries(models.keys().map((id) => [id, 1]));
  const run = simulate({ ...scenarioNamed('healthy-year', startAt), lengthMs: days * dayMs, devices: 20, mix });
  const reports: Report[] = [];
  for (const { device, product: sentBy, arrivesAt: receivedAt, reports: sent } of run.arrivals) {
    for (const { at, boot, seq, firmware, signals, faults = [] } of sent) {
      const place = { device, product: sentBy, offset: reports.length, index: 0, at, receivedAt, rawAt: undefined };
      reports.push({ ...place, boot, seq, firmware, signals, faults });
    }
  }
  return reports;
}

/** A recording as one device would send it, without a boot's name or a firmware. */
export async function recordedReports(file: string): Promise<readonly Report[]> {
  const reports: Report[] = [];
  for await (const { at, signals } of readRecording(file)) {
    const seq = reports.length;
    const place = { device: 'recorded', product: 'recording', offset: seq, index: 0, at, receivedAt: at + 40 };
    reports.push({ ...place, rawAt: undefined, boot: 'b1', seq, firmware: undefined, signals, faults: [] });
  }
  return reports;
}
