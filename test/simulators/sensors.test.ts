import { describe, expect, it } from 'vitest';
import { type SimulatedReport, simulate } from '../../simulators/index.ts';
import { dayMs, hourMs } from '../../src/base/index.ts';
import { between, mean, readings, reportsByDevice, scenario } from './runs.ts';

/** Runs with and without the fault: the machines are the same, so every difference is the sensor's. */
function pairs(fault: string) {
  const run = scenario({ faults: [fault], faultShare: 1, faultPace: 12, lengthMs: 8 * dayMs, devices: 3 });
  const faulty = simulate(run);
  const told = reportsByDevice(faulty.arrivals);
  const true_ = reportsByDevice(simulate({ ...run, faultShare: 0 }).arrivals);
  return faulty.truth.map((truth) => ({
    truth,
    signal: truth.signal ?? '',
    told: told.get(truth.device) ?? [],
    true: true_.get(truth.device) ?? [],
  }));
}

describe('a sensor', () => {
  it('that fails changes nothing but its own readings, and only while it is broken', () => {
    for (const { truth, signal, told, true: real } of pairs('sensor-drift')) {
      const others = (reports: readonly SimulatedReport[]) =>
        reports.map(({ at, signals }) => JSON.stringify([at, { ...signals, [signal]: undefined }]));
      expect(others(told)).toEqual(others(real));
      const whole = (reports: readonly SimulatedReport[]) =>
        readings(
          [...between(reports, 0, truth.startsAt), ...between(reports, truth.endsAt, Number.POSITIVE_INFINITY)],
          signal,
        );
      expect(whole(told)).toEqual(whole(real));
    }
  });

  it('stuck tells one value', () => {
    for (const { truth, signal, told } of pairs('sensor-stuck')) {
      const stuck = readings(between(told, truth.startsAt, truth.endsAt), signal);
      expect(stuck.length).toBeGreaterThan(100);
      expect(new Set(stuck).size).toBe(1);
    }
  });

  it('that drifts is ever further off', () => {
    for (const { truth, signal, told, true: real } of pairs('sensor-drift')) {
      const off = (from: number): number => {
        const stretch = [from, from + 2 * hourMs] as const;
        return Math.abs(
          mean(readings(between(told, ...stretch), signal)) - mean(readings(between(real, ...stretch), signal)),
        );
      };
      const lastAt = truth.endsAt - 2 * hourMs;
      expect(off(truth.startsAt)).toBeLessThan(0.15 * off(lastAt));
      expect(off(truth.noticeableAt)).toBeGreaterThan(off(truth.startsAt));
      expect(off(lastAt)).toBeGreaterThan(1);
    }
  });

  it('that drops out is missing now and then, then for good', () => {
    for (const { truth, signal, told } of pairs('sensor-dropout')) {
      const share = (from: number, to: number): number => {
        const stretch = between(told, from, to);
        return readings(stretch, signal).length / stretch.length;
      };
      expect(share(0, truth.startsAt)).toBe(1);
      expect(share(truth.noticeableAt, truth.endsAt)).toBeLessThan(0.6);
    }
  });

  it('has no say when the link is lost', () => {
    const run = scenario({ faults: ['link-loss'], faultShare: 1, lengthMs: 8 * dayMs });
    const { arrivals, truth, counts } = simulate(run);
    const told = reportsByDevice(arrivals);
    expect(counts.lost).toBeGreaterThan(0);
    for (const { device, startsAt, endsAt } of truth) {
      expect(between(told.get(device) ?? [], startsAt, endsAt)).toEqual([]);
      expect(between(told.get(device) ?? [], 0, startsAt).length).toBeGreaterThan(1_000);
    }
  });
});
