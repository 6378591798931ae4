import { parser } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../simulators/load/latency-histogram.ts';
import { ReportFrames } from '../../../simulators/load/report-frames.ts';

const options = { device: 'd1', window: 3, signals: ['temp', 'door'], boot: 'b7', firmware: '2.3.1' };

/** What a broker makes of the frames. */
function read(frames: ReportFrames) {
  const found: { topic: string; messageId: number | undefined; report: unknown }[] = [];
  const reader = parser({ protocolVersion: 4 });
  reader.on('packet', (packet) => {
    if (packet.cmd !== 'publish') return;
    const { topic, messageId, payload } = packet;
    found.push({ topic, messageId, report: JSON.parse(payload.toString()) });
  });
  reader.parse(frames.bytes);
  return found;
}

describe('patched report frames', () => {
  it('are PUBLISH packets of QoS 1 with numbered reports', () => {
    const frames = new ReportFrames(options);
    for (const slot of [0, 1, 2]) frames.patch(slot, 1_763_755_200_000 + slot);
    const found = read(frames);
    expect(found.map(({ topic, messageId }) => [topic, messageId])).toEqual(
      [1, 2, 3].map((messageId) => ['devices/d1/reports', messageId]),
    );
    for (const [slot, { report }] of found.entries()) {
      expect(report).toEqual({
        at: 1_763_755_200_000 + slot,
        boot: 'b7',
        seq: 1_000_000_000 + slot,
        firmware: '2.3.1',
        signals: { temp: expect.closeTo(4.5, 0), door: expect.any(Boolean) },
      });
    }
  });

  it('go on numbering, vary, and repeat for the same device', () => {
    const [one, two] = [new ReportFrames(options), new ReportFrames(options)];
    const seen = new Set<string>();
    for (let round = 0; round < 50; round++) {
      for (const frames of [one, two]) frames.patch(1, 1_763_755_200_000);
      expect(one.bytes).toEqual(two.bytes);
      seen.add(one.bytes.toString('latin1'));
    }
    expect(seen.size).toBe(50);
    expect(read(one)[1]?.report).toMatchObject({ seq: 1_000_000_049 });
  });

  it('are about 190 bytes of JSON with eight signals', () => {
    const signals = ['temp', 'humidity', 'current', 'voltage', 'speed', 'pressure', 'flow', 'door'];
    const { payloadBytes } = new ReportFrames({ ...options, signals });
    expect(payloadBytes).toBeGreaterThan(170);
    expect(payloadBytes).toBeLessThan(215);
  });
});

describe('latencies', () => {
  it('are told as quantiles', () => {
    const latencies = new LatencyHistogram();
    expect(latencies.quantileMs(0.5)).toBeUndefined();
    for (let ms = 1; ms <= 100; ms++) latencies.add(ms - 0.01);
    latencies.add(60_000);
    expect(latencies.quantileMs(0.5)).toBe(51);
    expect(latencies.quantileMs(0.98)).toBe(99);
    expect(latencies.quantileMs(1)).toBe(10_000);
  });
});
