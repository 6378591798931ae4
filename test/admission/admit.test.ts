import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapsOf, restoreAdmission, snapshotAdmission } from '../../src/admission/index.ts';
import { AdmittedDevice, arrival, good } from './fixture.ts';

describe('what a message holds', () => {
  it.each([
    ['broken JSON', '{"signals":', 'undecodable'],
    ['NaN, which JSON does not have', '{"signals":{"cabinet_temp":NaN}}', 'undecodable'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'undecodable'],
    ['nothing', '', 'empty'],
    ['null', 'null', 'empty'],
    ['an empty array', '[]', 'empty'],
    ['a number', '42', 'undecodable'],
    ['a text', '"hello"', 'undecodable'],
  ])('%s is one quarantined report', (_, payload, reason) => {
    const device = new AdmittedDevice();
    expect(device.send(payload)).toEqual(['quarantined']);
    expect(device.state.counts).toMatchObject({ received: 1, quarantined: 1, acknowledged: 0 });
    expect(device.quarantine).toMatchObject([{ reason, index: 0 }]);
  });

  it('judges an array report by report', () => {
    const device = new AdmittedDevice();
    expect(device.send([{ signals: good }, 7, { at: 'noon', signals: good }, { signals: good }])).toEqual([
      'accepted',
      'quarantined',
      'quarantined',
      'accepted',
    ]);
    expect(device.state.counts).toMatchObject({ received: 4, quarantined: 2, acknowledged: 2 });
    expect(device.accepted.map((report) => report.index)).toEqual([0, 3]);
    expect(device.quarantine.map((entry) => entry.reason)).toEqual(['not-a-report', 'bad-at']);
    expect(new TextDecoder().decode(device.quarantine[1]?.payload)).toBe(
      '{"at":"noon","signals":{"cabinet_temp":4.1}}',
    );
  });
});

describe('what would be too much', () => {
  it('is quarantined when it is nested deeper than anything of ours, before it is parsed', () => {
    const device = new AdmittedDevice();
    const deep = `${'['.repeat(6_000)}${']'.repeat(6_000)}`;
    expect(device.send(`{"signals":{"cabinet_temp":4},"x":${deep}}`)).toEqual(['quarantined']);
    expect(device.send(deep)).toEqual(['quarantined']);
    expect(device.send({ signals: good, note: '[[[['.repeat(100) })).toEqual(['accepted']);
    expect(device.quarantine.map((entry) => entry.reason)).toEqual(['undecodable', 'undecodable']);
  });

  it('is counted whole and kept in part when a batch is bad from end to end', () => {
    const device = new AdmittedDevice();
    device.send(Array.from({ length: 5_000 }, () => 0));
    expect(device.state.counts).toMatchObject({ received: 5_000, quarantined: 5_000, setAside: 5_000 });
    expect(device.quarantine).toHaveLength(21);
    expect(device.quarantine.at(-1)?.detail).toBe('and 4980 more reports of this message, from item 20 on');
  });

  it('is cut at 64 fault codes, the last word on each', () => {
    const device = new AdmittedDevice();
    const faults = Array.from({ length: 200 }, (_, index) => ({ code: `E${index}` }));
    device.send({ faults: [{ code: 'E0' }, ...faults, { code: 'E0', active: false }] });
    expect(device.last?.faults).toHaveLength(64);
    expect(device.last?.faults[0]).toEqual({ code: 'E0', active: false });
    expect(device.quarantine[0]?.detail).toContain('at most 64 fault codes');
  });
});

describe('readings', () => {
  it('sets aside what is unknown or ill-typed, and lets the rest go on', () => {
    const device = new AdmittedDevice();
    device.send({
      signals: { cabinet_tmp: 4, cabinet_temp: 4.1, door_open: 'yes', mode: 'eco', compressor_current: '1' },
    });
    expect(device.last?.signals).toEqual({ cabinet_temp: 4.1, mode: 'eco' });
    expect(device.state.counts).toMatchObject({ acknowledged: 1, quarantined: 0, readingsRejected: 3 });
    expect(device.quarantine[0]?.reason).toBe('readings-set-aside');
    expect(device.quarantine[0]?.detail).toContain('unknown signal `cabinet_tmp`, did you mean `cabinet_temp`?');
    expect(device.quarantine[0]?.detail).toContain('signal `door_open` must be true or false, not "yes"');
  });

  it('quarantines a report without a good reading and without a fault code', () => {
    const device = new AdmittedDevice();
    expect(device.send({ signals: { nonsense: 1 } })).toEqual(['quarantined']);
    expect(device.send({ signals: {} })).toEqual(['quarantined']);
    expect(device.send({ signals: { cabinet_temp: '1e999' } })).toEqual(['quarantined']);
    expect(device.send('{"signals":{"cabinet_temp":1e999}}')).toEqual(['quarantined']);
    expect(device.send({ signals: { mode: 'warp' }, faults: [{ code: 'E21' }] })).toEqual(['accepted']);
    expect(device.last?.faults).toEqual([{ code: 'E21', active: true }]);
  });
});

describe('identity', () => {
  it('knows the same report again, alone, in a batch, or with another sentAt', () => {
    const device = new AdmittedDevice();
    const report = { at: arrival - 1_000, boot: 'b1', seq: 5, signals: good };
    expect(device.send(report)).toEqual(['accepted']);
    expect(device.send(report, arrival + 5_000)).toEqual(['duplicate']);
    expect(device.send([{ ...report, sentAt: arrival + 9_000 }], arrival + 9_000)).toEqual(['duplicate']);
    expect(device.state.counts).toMatchObject({ received: 3, acknowledged: 1, duplicates: 2, conflicts: 0 });
  });

  it('keeps other content under a used identity, as a conflict, and knows that again too', () => {
    const device = new AdmittedDevice();
    const report = { at: arrival, boot: 'b1', seq: 5, signals: good };
    device.send(report);
    expect(device.send({ ...report, signals: { cabinet_temp: 9 } })).toEqual(['accepted']);
    expect(device.send({ ...report, signals: { cabinet_temp: 9 } })).toEqual(['duplicate']);
    expect(device.send(report)).toEqual(['duplicate']);
    expect(device.state.counts).toMatchObject({ acknowledged: 2, conflicts: 1, duplicates: 2 });
  });

  it('goes by what was sent, not by what became of it, while the log has it', () => {
    const device = new AdmittedDevice();
    const report = { uptime: 1_000_000, boot: 'b1', seq: 1, signals: good };
    device.send(report);
    expect(device.send({ ...report, uptime: 5_000_000 })).toEqual(['accepted']);
    expect(device.send(report, arrival + 60_000)).toEqual(['duplicate']);
    device.logTrimmed = true;
    expect(device.send(report, arrival + 90_000)).toEqual(['duplicate']);
    expect(device.state.counts).toMatchObject({ acknowledged: 2, conflicts: 1, duplicates: 2 });
  });

  it('sets nothing aside of a duplicate', () => {
    const device = new AdmittedDevice();
    const report = { at: arrival, boot: 'b1', seq: 1, signals: { ...good, nonsense: 1 } };
    device.send(report);
    device.send(report);
    expect(device.state.counts).toMatchObject({ duplicates: 1, readingsRejected: 1 });
    expect(device.quarantine).toHaveLength(1);
  });

  it('lists thousands of gaps, and calls nothing a conflict that was never there', () => {
    const device = new AdmittedDevice();
    const send = (seq: number) => device.send({ at: arrival + seq, boot: 'b1', seq, signals: good });
    for (let seq = 0; seq < 6_000; seq += 2) send(seq);
    expect(device.state.boots.flatMap(gapsOf)).toHaveLength(2_999);
    for (let seq = 6_000; seq < 24_000; seq += 2) send(seq);
    send(101);
    expect(device.state.counts).toMatchObject({ conflicts: 0, duplicates: 0, acknowledged: 12_001 });
  });

  it('without boot and seq goes by payload and stamp; without a stamp nothing is a duplicate', () => {
    const device = new AdmittedDevice();
    expect(device.send({ at: arrival, signals: good })).toEqual(['accepted']);
    expect(device.send({ signals: good, at: arrival })).toEqual(['duplicate']);
    expect(device.send({ at: arrival + 1, signals: good })).toEqual(['accepted']);
    expect(device.send({ signals: good })).toEqual(['accepted']);
    expect(device.send({ signals: good })).toEqual(['accepted']);
  });

  it('lists the missing seqs of a boot and closes a gap when they come', () => {
    const device = new AdmittedDevice();
    for (const seq of [1, 2, 5, 9]) device.send({ at: arrival + seq, boot: 'b1', seq, signals: good });
    expect(device.state.boots.flatMap(gapsOf)).toEqual([
      { boot: 'b1', from: 3, to: 4 },
      { boot: 'b1', from: 6, to: 8 },
    ]);
    for (const seq of [4, 3, 7]) device.send({ at: arrival + seq, boot: 'b1', seq, signals: good });
    expect(device.state.boots.flatMap(gapsOf)).toEqual([
      { boot: 'b1', from: 6, to: 6 },
      { boot: 'b1', from: 8, to: 8 },
    ]);
  });

  it('a quarantined report is no missing one', () => {
    const device = new AdmittedDevice();
    device.send({ at: arrival, boot: 'b1', seq: 1, signals: good });
    device.send({ at: arrival, boot: 'b1', seq: 2, signals: { nonsense: 1 } });
    device.send({ at: arrival, boot: 'b1', seq: 3, signals: good });
    expect(device.state.boots.flatMap(gapsOf)).toEqual([]);
  });

  it('follows the last 16 boots and keeps the gaps of those before', () => {
    const device = new AdmittedDevice();
    for (let boot = 0; boot < 20; boot++) {
      for (const seq of [0, 2]) device.send({ at: arrival + boot, boot: `b${boot}`, seq, signals: good });
    }
    expect(device.state.boots).toHaveLength(16);
    expect(device.state.pastGaps.map((gap) => gap.boot)).toEqual(['b0', 'b1', 'b2', 'b3']);
  });

  it('closes the gap of such a boot, too, when what was missing comes after all', () => {
    const device = new AdmittedDevice();
    const send = (boot: string, seq: number) => device.send({ at: arrival, boot, seq, signals: good });
    for (const seq of [0, 6]) send('old', seq);
    for (let boot = 0; boot < 16; boot++) send(`b${boot}`, 0);
    expect(device.state.pastGaps).toEqual([{ boot: 'old', from: 1, to: 5 }]);
    send('old', 3);
    expect(device.state.pastGaps).toEqual([
      { boot: 'old', from: 1, to: 2 },
      { boot: 'old', from: 4, to: 5 },
    ]);
    for (const seq of [1, 2, 5, 4]) send('old', seq);
    expect([...device.state.pastGaps, ...device.state.boots.flatMap(gapsOf)]).toEqual([]);
    expect(device.state.counts).toMatchObject({ acknowledged: 23, duplicates: 0, conflicts: 0 });
  });

  it('counts every report once, whatever the order and the repeats', () => {
    const reports = fc.array(fc.record({ boot: fc.constantFrom('a', 'b'), seq: fc.nat(12), value: fc.nat(2) }), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(reports, (list) => {
        const device = new AdmittedDevice();
        for (const { boot, seq, value } of list) {
          device.send({ at: arrival + seq, boot, seq, signals: { cabinet_temp: value } });
        }
        const distinct = new Set(list.map((item) => JSON.stringify(item))).size;
        const identities = new Set(list.map(({ boot, seq }) => `${boot}${seq}`)).size;
        const { received, acknowledged, duplicates, conflicts } = device.state.counts;
        expect({ received, acknowledged, duplicates, conflicts }).toEqual({
          received: list.length,
          acknowledged: distinct,
          duplicates: list.length - distinct,
          conflicts: distinct - identities,
        });
      }),
    );
  });
});

describe('time', () => {
  const at = (stamp: unknown, more: object = {}, receivedAt = arrival) => {
    const device = new AdmittedDevice();
    device.send({ at: stamp, signals: good, ...more }, receivedAt);
    return device;
  };

  it('believes past stamps since 2000, in both forms', () => {
    expect(at(arrival - 3 * 86_400_000).last?.at).toBe(arrival - 3 * 86_400_000);
    expect(at('2026-03-01T11:59:00+01:00').last?.at).toBe(Date.UTC(2026, 2, 1, 10, 59));
    expect(at(arrival + 120_000).last).toMatchObject({ at: arrival + 120_000, rawAt: undefined });
  });

  it.each([
    ['1970', 5_000],
    ['2099', Date.UTC(2099, 0, 1)],
    ['two minutes and a bit ahead', arrival + 120_001],
    ['nanoseconds', 1_763_755_200_000_000_000],
  ])('places %s at arrival, keeps the raw stamp and marks the device', (_, stamp) => {
    const device = at(stamp);
    expect(device.last).toMatchObject({ at: arrival, rawAt: stamp });
    expect(device.state.clockSuspect).toEqual({ rawAt: stamp, receivedAt: arrival });
    expect(device.state.counts.quarantined).toBe(0);
  });

  it('corrects by sentAt, for the whole batch', () => {
    const device = new AdmittedDevice();
    const wrong = 1_000_000;
    device.send([
      { at: wrong, signals: good },
      { at: wrong + 60_000, signals: good, sentAt: wrong + 90_000 },
    ]);
    expect(device.accepted.map((report) => report.at)).toEqual([arrival - 90_000, arrival - 30_000]);
    expect(device.accepted.map((report) => report.rawAt)).toEqual([wrong, wrong + 60_000]);
  });

  it('does not take the time under way for an error of the clock', () => {
    const device = new AdmittedDevice();
    const wrong = 1_000_000;
    const send = (sent: number, arrivedMs: number) =>
      device.send({ at: wrong + sent, boot: 'b1', signals: good, sentAt: wrong + sent }, arrival + arrivedMs);
    send(0, 0);
    send(10_000, 30_000);
    send(60_000, 60_000);
    expect(device.accepted.map((report) => report.at - arrival)).toEqual([0, 10_000, 60_000]);
    send(70_000, 500_000);
    expect(device.last?.at).toBe(arrival + 500_000);
  });

  it('learns nothing of the clock from a message that others overtook', () => {
    const device = new AdmittedDevice();
    const wrong = 1_000_000;
    const send = (seq: number, sent: number, arrivedMs: number) =>
      device.send({ at: wrong + sent, boot: 'b1', seq, signals: good, sentAt: wrong + sent }, arrival + arrivedMs);
    send(1, 0, 0);
    send(3, 20_000, 20_000);
    send(2, 10_000, 300_000);
    expect(device.accepted.map((report) => report.at - arrival)).toEqual([0, 20_000, 10_000]);
    send(4, 310_000, 310_000);
    expect(device.last?.at).toBe(arrival + 310_000);
  });

  it('learns nothing of the clock from a message that comes again', () => {
    const device = new AdmittedDevice();
    const wrong = 1_000_000;
    const send = (seq: number, sent: number, arrivedMs: number) =>
      device.send({ at: wrong + sent, boot: 'b1', seq, signals: good, sentAt: wrong + sent }, arrival + arrivedMs);
    send(1, 0, 0);
    send(2, 10_000, 10_000);
    expect(
      device.send({ at: wrong + 10_000, boot: 'b1', seq: 2, signals: good, sentAt: wrong + 10_000 }, arrival + 310_000),
    ).toEqual(['duplicate']);
    device.send({ at: wrong + 20_000, boot: 'b1', seq: 3, signals: good }, arrival + 320_000);
    expect(device.state.skew?.ms).toBe(arrival - wrong);
  });

  it('leaves a clock alone that differs by no more than the time under way', () => {
    expect(at(arrival - 4_000, { sentAt: arrival - 3_000 }).last).toMatchObject({
      at: arrival - 4_000,
      rawAt: undefined,
    });
  });

  it('takes arrival for a report without a stamp', () => {
    expect(at(undefined).last?.at).toBe(arrival);
  });

  it('places uptime by the newest of its message, and later messages of the boot in line with it', () => {
    const device = new AdmittedDevice();
    const batch = [1_000, 61_000, 121_000].map((uptime) => ({ boot: 'b1', uptime, signals: good }));
    device.send(batch);
    expect(device.accepted.map((report) => report.at)).toEqual([arrival - 120_000, arrival - 60_000, arrival]);
    device.send({ boot: 'b1', uptime: 181_000, signals: good }, arrival + 60_300);
    expect(device.last?.at).toBe(arrival + 60_000);
    device.send({ boot: 'b1', uptime: 151_000, signals: good }, arrival + 80_000);
    expect(device.last?.at).toBe(arrival + 30_000);
    device.send({ boot: 'b2', uptime: 500, signals: good }, arrival + 90_000);
    expect(device.last?.at).toBe(arrival + 90_000);
  });

  it.each([
    ['as slow as a bad quartz', 150e-6],
    ['fast', -150e-6],
  ])('follows an uptime that runs %s, for weeks', (_, slow) => {
    const device = new AdmittedDevice();
    const errors: number[] = [];
    for (let at = 0; at <= 30 * 86_400_000; at += 600_000) {
      device.send({ boot: 'b1', uptime: Math.round(at * (1 - slow)) + 60_000, signals: good }, arrival + at + 300);
      errors.push(Math.abs((device.last?.at ?? 0) - arrival - at));
    }
    expect(Math.max(...errors)).toBeLessThan(7_000);
    expect(device.state.counts).toMatchObject({ late: 0, acknowledged: errors.length });
  });

  it('takes reports that waited in the device for a day for what they are, not for a slow clock', () => {
    const device = new AdmittedDevice();
    const send = (uptime: number, atMs: number) => device.send({ boot: 'b1', uptime, signals: good }, arrival + atMs);
    const day = 86_400_000;
    send(0, 0);
    for (const uptime of [1_000, 3_600_000, day]) send(uptime, day + 200);
    expect(device.accepted.map((report) => report.at - arrival)).toEqual([0, 1_000, 3_600_000, day]);
  });

  it('follows a clock with `sentAt` that runs slow', () => {
    const device = new AdmittedDevice();
    const errors: number[] = [];
    for (let at = 0; at <= 30 * 86_400_000; at += 600_000) {
      const stamp = Math.round(arrival - 10_000_000 + at * (1 - 150e-6));
      device.send({ boot: 'b1', at: stamp, sentAt: stamp, signals: good }, arrival + at + 300);
      errors.push(Math.abs((device.last?.at ?? 0) - arrival - at));
    }
    expect(Math.max(...errors)).toBeLessThan(7_000);
  });

  it('counts late and too late, and does not judge them', () => {
    const device = new AdmittedDevice();
    device.send({ at: arrival, signals: good });
    device.send({ at: arrival, signals: { cabinet_temp: 5 } });
    device.send({ at: arrival - 1, signals: good });
    device.send({ at: arrival - 8 * 86_400_000, signals: good });
    expect(device.judged).toEqual([true, true, false, false]);
    expect(device.state.counts).toMatchObject({ acknowledged: 4, late: 2, tooLate: 1 });
  });
});

it('survives JSON: a restored device goes on as if it had never stopped', () => {
  const step = fc.record({ boot: fc.option(fc.constantFrom('a', 'b')), seq: fc.option(fc.nat(9)), at: fc.nat(5) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(30), (steps, stopAt) => {
      const whole = new AdmittedDevice();
      const stopped = new AdmittedDevice();
      steps.forEach((item, index) => {
        const report = { ...item, at: arrival + item.at, signals: good };
        whole.send(report);
        if (index === stopAt) {
          const page = stopped.state.hashes.since(0);
          Object.assign(stopped.state, restoreAdmission(snapshotAdmission(stopped.state), page ? [page] : []));
        }
        stopped.send(report);
      });
      expect(snapshotAdmission(stopped.state)).toBe(snapshotAdmission(whole.state));
    }),
  );
});
