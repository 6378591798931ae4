import { describe, expect, it } from 'vitest';
import { newDeviceState } from '../../src/engine/device-state.ts';
import { Hindsight, positionOf } from '../../src/engine/hindsight.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { minute, start } from './fixture.ts';

/** A device whose state is about so many bytes. */
function deviceOf(hindsight: Hindsight, device: string, bytes: number) {
  const state = newDeviceState('p');
  const size = bytes / Float64Array.BYTES_PER_ELEMENT;
  const piece = { key: 'level:temp', params: '', from: 0, size, startsFrom: size, startsSize: 0 };
  state.memory = { pieces: [piece], numbers: new Float64Array(size).fill(1) };
  let reports = 0;
  return {
    report(count: number): void {
      for (let last = reports + count; reports < last; reports += 1) {
        const report = reportOf(device, reports);
        hindsight.before(device, state, report, true);
        state.judgedTo = positionOf(report);
      }
    },
    /** The number of the newest report that a snapshot is kept of, before report `number`. */
    newestBefore(number: number): number | undefined {
      return hindsight.find(device, positionOf(reportOf(device, number)))?.position?.offset;
    },
  };
}

function reportOf(device: string, number: number): Report {
  const at = start + number * minute;
  const absent = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined };
  return { device, product: 'p', offset: number, index: 0, at, receivedAt: at, ...absent, signals: {}, faults: [] };
}

describe('Hindsight', () => {
  it('keeps a device’s two newest snapshots, 128 reports apart', () => {
    const device = deviceOf(new Hindsight(), 'd', 8);
    device.report(128);
    expect(device.newestBefore(1_000)).toBeUndefined();
    device.report(1);
    expect(device.newestBefore(1_000)).toBe(127);
    device.report(128);
    expect([device.newestBefore(1_000), device.newestBefore(200)]).toEqual([255, 127]);
    device.report(128);
    expect([1_000, 300, 200].map((number) => device.newestBefore(number))).toEqual([383, 255, undefined]);
  });

  it('keeps at most 64 MB: the device whose newest was taken longest ago goes', () => {
    const hindsight = new Hindsight();
    const large = 18 * 1024 * 1024;
    const [first, second, third] = ['a', 'b', 'c'].map((name) => deviceOf(hindsight, name, large));
    first?.report(129);
    second?.report(129);
    first?.report(128);
    expect([first, second].map((device) => device?.newestBefore(1_000))).toEqual([255, 127]);
    third?.report(129);
    const kept = [first, second, third].map((device) => device?.newestBefore(1_000));
    expect(kept).toEqual([255, undefined, 127]);
  });
});
