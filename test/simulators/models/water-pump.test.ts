import { describe, expect, it } from 'vitest';
import { type Scenario, type SimulatedReport, simulate } from '../../../simulators/index.ts';
import { dayMs, minuteMs } from '../../../src/base/index.ts';
import { between, mean, readings, reportsByDevice, scenario } from '../runs.ts';

const pumps = (changes: Partial<Scenario> = {}) => scenario({ mix: { 'water-pump': 1 }, ...changes });

/** Correlation of two signals. */
function correlation(reports: readonly SimulatedReport[], one: string, other: string): number {
  const [a, b] = [readings(reports, one), readings(reports, other)];
  const [meanA, meanB] = [mean(a), mean(b)];
  const spread = (values: readonly number[], middle: number) => Math.sqrt(mean(values.map((v) => (v - middle) ** 2)));
  const covariance = mean(a.map((value, index) => (value - meanA) * ((b[index] ?? 0) - meanB)));
  return covariance / (spread(a, meanA) * spread(b, meanB));
}

function withFault(fault: string) {
  const run = pumps({ faults: [fault], faultShare: 1, faultPace: 12, lengthMs: 12 * dayMs });
  const { arrivals, truth } = simulate(run);
  const byDevice = reportsByDevice(arrivals);
  return truth.map((item) => {
    const reports = byDevice.get(item.device) ?? [];
    const { startsAt, endsAt, failsAt = startsAt } = item;
    return {
      reports,
      truth: item,
      before: between(reports, startsAt - 2 * dayMs, startsAt),
      during: between(reports, startsAt + 0.75 * (failsAt - startsAt), failsAt),
      failed: between(reports, failsAt, endsAt),
    };
  });
}

describe('a healthy pump', () => {
  const run = pumps({ devices: 6, lengthMs: 14 * dayMs });
  const { arrivals, devices } = simulate(run);
  const byDevice = reportsByDevice(arrivals);

  it('goes along its curve: more flow, less pressure, more current', () => {
    for (const reports of byDevice.values()) {
      expect(correlation(reports, 'flow', 'pressure')).toBeLessThan(-0.95);
      expect(correlation(reports, 'flow', 'motor_current')).toBeGreaterThan(0.9);
      expect(correlation(reports, 'flow', 'inlet_pressure')).toBeLessThan(-0.9);
      expect(correlation(reports, 'flow', 'bearing_temp')).toBeGreaterThan(0.3);
    }
  });

  it('follows the day and the week of its village', () => {
    for (const { id, timezone } of devices) {
      const format = new Intl.DateTimeFormat('en', {
        timeZone: timezone,
        hour: '2-digit',
        hourCycle: 'h23',
        weekday: 'short',
      });
      const flows = new Map<string, number[]>();
      for (const { at, signals } of byDevice.get(id) ?? []) {
        const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
        const kind = parts.weekday?.startsWith('S') ? 'weekend' : 'weekday';
        const key = `${kind} ${parts.hour}`;
        const list = flows.get(key) ?? [];
        flows.set(key, list);
        list.push(Number(signals.flow));
      }
      const flow = (key: string) => mean(flows.get(key) ?? []);
      expect(flow('weekday 07')).toBeGreaterThan(2.5 * flow('weekday 02'));
      expect(flow('weekday 07')).toBeGreaterThan(1.2 * flow('weekend 07'));
      expect(flow('weekend 10')).toBeGreaterThan(flow('weekday 10'));
    }
  });

  it('stays within what its pack calls sound', () => {
    for (const reports of byDevice.values()) {
      expect(Math.max(...readings(reports, 'vibration'))).toBeLessThan(2.3);
      expect(Math.max(...readings(reports, 'bearing_temp'))).toBeLessThan(55);
      expect(Math.min(...readings(reports, 'inlet_pressure'))).toBeGreaterThan(0.2);
      expect(Math.min(...readings(reports, 'flow'))).toBeGreaterThan(2);
      expect(mean(readings(reports, 'voltage'))).toBeCloseTo(400, -1);
      expect(readings(reports, 'running').every((value) => value === 1)).toBe(true);
    }
  });
});

describe('a fault of a pump', () => {
  it('bearing: vibration, heat and a little current', () => {
    for (const { before, during } of withFault('bearing-wear')) {
      expect(mean(readings(during, 'vibration'))).toBeGreaterThan(3 * mean(readings(before, 'vibration')));
      expect(mean(readings(during, 'bearing_temp'))).toBeGreaterThan(mean(readings(before, 'bearing_temp')) + 12);
    }
  });

  it('clogging: the inlet starves, the flow falls, and it cavitates', () => {
    for (const { before, during } of withFault('clogging')) {
      expect(Math.min(...readings(during, 'inlet_pressure'))).toBeLessThan(-0.2);
      expect(Math.max(...readings(during, 'flow'))).toBeLessThan(0.95 * Math.max(...readings(before, 'flow')));
      expect(Math.max(...readings(during, 'vibration'))).toBeGreaterThan(
        1.5 * Math.max(...readings(before, 'vibration')),
      );
    }
  });

  it('dry run: no flow, little current, a hot seal, and its own protection stops it', () => {
    for (const { before, failed, reports, truth } of withFault('dry-run')) {
      const dry = between(reports, truth.noticeableAt + 20 * minuteMs, truth.failsAt ?? 0);
      expect(Math.max(...readings(dry, 'flow'))).toBe(0);
      const quiet = between(before, truth.startsAt - dayMs, truth.startsAt);
      expect(mean(readings(dry, 'motor_current').filter((value) => value > 0))).toBeLessThan(
        mean(readings(quiet, 'motor_current')),
      );
      expect(readings(failed, 'running').at(-1)).toBe(0);
      const codes = reports.flatMap(({ at, faults = [] }) => faults.map((fault) => ({ at, ...fault })));
      expect(codes.map(({ code, active }) => [code, active])).toEqual([
        ['E31', true],
        ['E31', false],
      ]);
      expect(codes[0]?.at).toBeGreaterThan(truth.noticeableAt);
    }
  });
});
