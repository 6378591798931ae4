import { describe, expect, it } from 'vitest';
import { type Scenario, type SimulatedReport, simulate, type Truth } from '../../../simulators/index.ts';
import { dayMs, hourMs } from '../../../src/base/index.ts';
import { between, mean, readings, reportsByDevice, rise, scenario } from '../runs.ts';

const fridges = (changes: Partial<Scenario> = {}) => scenario({ mix: { 'cold-fridge': 1 }, ...changes });

/** Share of the time that the compressor runs. */
const duty = (reports: readonly SimulatedReport[]): number => rise(reports, 'compressor_run') / (reports.length * 60);

interface Faulty {
  readonly truth: Truth;
  readonly before: SimulatedReport[];
  /** At three quarters of the way to failing, and once it has failed. */
  readonly during: SimulatedReport[];
  readonly failed: SimulatedReport[];
  readonly after: SimulatedReport[];
}

/** What a fault does to a few devices. */
function withFault(fault: string): Faulty[] {
  const run = fridges({ faults: [fault], faultShare: 1, faultPace: 15, lengthMs: 14 * dayMs, seed: 3 });
  const { arrivals, truth } = simulate(run);
  const byDevice = reportsByDevice(arrivals);
  const seen = truth.flatMap((item) => {
    const reports = byDevice.get(item.device) ?? [];
    const { startsAt, endsAt, failsAt = startsAt } = item;
    const late = startsAt + 0.75 * (failsAt - startsAt);
    const before = between(reports, run.startAt, startsAt);
    const during = between(reports, late, failsAt);
    const failed = between(reports, failsAt + 4 * hourMs, endsAt);
    return [{ truth: item, before, during, failed, after: between(reports, endsAt + 12 * hourMs, endsAt + 2 * dayMs) }];
  });
  return seen.filter(({ failed }) => failed.length > 120);
}

describe('a healthy refrigerator', () => {
  const run = fridges({ devices: 12, lengthMs: 5 * dayMs });
  const all = [...reportsByDevice(simulate(run).arrivals).values()];

  it('keeps its cabinet cold, by a thermostat that starts and stops it', () => {
    for (const reports of all) {
      const cabinet = readings(reports, 'cabinet_temp');
      expect(mean(cabinet)).toBeGreaterThan(2.5);
      expect(mean(cabinet)).toBeLessThan(5.5);
      const startsAnHour = rise(reports, 'compressor_starts') / 120;
      expect(startsAnHour).toBeGreaterThan(1);
      expect(startsAnHour).toBeLessThan(7);
      expect(duty(reports)).toBeGreaterThan(0.1);
      expect(duty(reports)).toBeLessThan(0.65);
    }
  });

  it('runs more where the room is warmer', () => {
    const points = all.map((reports) => ({ room: mean(readings(reports, 'ambient_temp')), duty: duty(reports) }));
    const room = mean(points.map((point) => point.room));
    const average = mean(points.map((point) => point.duty));
    const covariance = mean(points.map((point) => (point.room - room) * (point.duty - average)));
    expect(covariance).toBeGreaterThan(0);
    const hot = points.toSorted((a, b) => b.room - a.room);
    expect(mean(hot.slice(0, 3).map((point) => point.duty))).toBeGreaterThan(
      1.3 * mean(hot.slice(-3).map((point) => point.duty)),
    );
  });

  it('balances its energy: what it moves out is what came in', () => {
    for (const reports of all) {
      const above = mean(readings(reports, 'ambient_temp')) - mean(readings(reports, 'cabinet_temp'));
      // Walls of 1.6 W/K and some watts of door and goods, against about 130 W while it runs.
      const leaked = 1.6 * above;
      const moved = 130 * duty(reports);
      expect(moved).toBeGreaterThan(0.85 * leaked);
      expect(moved).toBeLessThan(leaked + 45);
    }
  });

  it('draws its current only while it runs, is defrosted, and is opened by people by day', () => {
    for (const reports of all) {
      const resting = reports.filter((report, index) => {
        const [now, before] = [report.signals.compressor_run, reports[index - 1]?.signals.compressor_run];
        return now === before && report.signals.fan_speed === 0;
      });
      expect(resting.length).toBeGreaterThan(100);
      expect(Math.max(...readings(resting, 'compressor_current'))).toBe(0);
      expect(Math.max(...readings(reports, 'compressor_current'))).toBeLessThan(2.2);
      expect(readings(reports, 'defrosting').some((value) => value === 1)).toBe(true);
      expect(readings(reports, 'door_open').some((value) => value === 1)).toBe(true);
    }
  });
});

describe('a fault of a refrigerator', () => {
  it('start relay: hard starts, then failing ones, then no cooling', () => {
    const cases = withFault('start-relay-wear');
    expect(cases.length).toBeGreaterThan(1);
    for (const { before, during, failed, after } of cases) {
      const perHour = (reports: readonly SimulatedReport[]) =>
        rise(reports, 'compressor_starts') / (reports.length / 60);
      expect(mean(readings(during, 'start_current'))).toBeGreaterThan(1.15 * mean(readings(before, 'start_current')));
      expect(perHour(during)).toBeGreaterThan(1.6 * perHour(before));
      expect(perHour(failed)).toBeGreaterThan(15);
      expect(mean(readings(failed, 'cabinet_temp'))).toBeGreaterThan(8);
      if (after.length === 0) continue;
      expect(mean(readings(after, 'start_current'))).toBeCloseTo(mean(readings(before, 'start_current')), 0);
    }
    expect(cases.some(({ after }) => after.length > 0)).toBe(true);
  });

  it('refrigerant leak: it runs ever longer for ever less current', () => {
    const cases = withFault('refrigerant-leak');
    expect(cases.length).toBeGreaterThan(1);
    for (const { before, during, failed } of cases) {
      const running = (reports: readonly SimulatedReport[]) =>
        mean(readings(reports, 'compressor_current')) / duty(reports);
      expect(duty(during)).toBeGreaterThan(1.3 * duty(before));
      expect(running(during)).toBeLessThan(0.85 * running(before));
      expect(duty(failed)).toBeGreaterThan(0.9);
      expect(mean(readings(failed, 'cabinet_temp'))).toBeGreaterThan(mean(readings(before, 'cabinet_temp')) + 1);
    }
  });

  it('door seal: it runs ever longer at full current', () => {
    const cases = withFault('door-seal-wear');
    expect(cases.length).toBeGreaterThan(1);
    for (const { before, during, failed } of cases) {
      const running = (reports: readonly SimulatedReport[]) =>
        mean(readings(reports, 'compressor_current')) / duty(reports);
      expect(duty(during)).toBeGreaterThan(1.8 * duty(before));
      // Long runs draw a little less than short ones: they spend less of their time starting.
      expect(running(during)).toBeGreaterThan(0.8 * running(before));
      expect(duty(failed)).toBeGreaterThan(0.8);
    }
  });

  it('fan: it slows down, the evaporator gets colder, and the cabinet warm once it stands', () => {
    const cases = withFault('fan-stall');
    expect(cases.length).toBeGreaterThan(1);
    for (const { before, during, failed } of cases) {
      expect(Math.max(...readings(during, 'fan_speed'))).toBeLessThan(
        0.85 * Math.max(...readings(before, 'fan_speed')),
      );
      expect(Math.max(...readings(failed, 'fan_speed'))).toBe(0);
      expect(Math.min(...readings(failed, 'evaporator_temp'))).toBeLessThan(-25);
      expect(mean(readings(failed, 'cabinet_temp'))).toBeGreaterThan(mean(readings(before, 'cabinet_temp')) + 1);
    }
  });
});
