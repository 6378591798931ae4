import fc from 'fast-check';
import { expect, it } from 'vitest';
import { restoreAdmission, snapshotAdmission } from '../../src/admission/index.ts';
import { AdmittedDevice, arrival } from './fixture.ts';

interface Sent {
  readonly boot: string | undefined;
  readonly seq: number | undefined;
  readonly at: number | undefined;
  readonly value: number;
}

/** What may happen to a device with a bad network, and to us. */
type Event =
  | { readonly kind: 'send'; readonly reports: readonly { readonly numbered: boolean; readonly value: number }[] }
  /** A QoS 1 message whose acknowledgement was lost, or the last ones after a reconnect. */
  | { readonly kind: 'again'; readonly back: number; readonly messages: number }
  | { readonly kind: 'rebootInBatch'; readonly before: number; readonly after: number }
  /** Firmware that counts from the start again and keeps the boot's name. */
  | { readonly kind: 'seqReset' }
  | { readonly kind: 'stampless'; readonly value: number }
  | { readonly kind: 'restart' };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant('send' as const),
    reports: fc.array(fc.record({ numbered: fc.boolean(), value: fc.nat(3) }), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('again' as const), back: fc.nat(6), messages: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('rebootInBatch' as const), before: fc.nat(3), after: fc.integer({ min: 1, max: 3 }) }),
  fc.constant({ kind: 'seqReset' as const }),
  fc.record({ kind: fc.constant('stampless' as const), value: fc.nat(1) }),
  fc.constant({ kind: 'restart' as const }),
);

/** The contract in plain words: who was seen under which identity, and with which content. */
class PlainLedger {
  readonly #contents = new Map<string, Set<string>>();
  readonly counts = { received: 0, acknowledged: 0, duplicates: 0, conflicts: 0 };

  take({ boot, seq, at, value }: Sent): void {
    this.counts.received += 1;
    const content = JSON.stringify([at, value]);
    const identity = boot === undefined ? 'none' : `${boot} ${seq}`;
    const seen = this.#contents.get(identity) ?? new Set();
    this.#contents.set(identity, seen);
    const canRepeat = boot !== undefined || at !== undefined;
    if (canRepeat && seen.has(content)) {
      this.counts.duplicates += 1;
      return;
    }
    this.counts.acknowledged += 1;
    if (boot !== undefined && seen.size > 0) this.counts.conflicts += 1;
    seen.add(content);
  }
}

it('every report counts once, whatever the network, the firmware and our restarts do', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const device = new AdmittedDevice();
      const plain = new PlainLedger();
      const messages: Sent[][] = [];
      let [boot, seq, at] = [0, 0, arrival];
      const transmit = (message: Sent[]) => {
        for (const sent of message) plain.take(sent);
        device.send(message.map(({ value, ...sent }) => ({ ...sent, signals: { cabinet_temp: value } })));
      };
      const make = (numbered: boolean, value: number): Sent => {
        at += 1;
        return numbered ? { boot: `b${boot}`, seq: seq++, at, value } : { boot: undefined, seq: undefined, at, value };
      };
      const reboot = () => {
        boot += 1;
        seq = 0;
      };
      for (const happened of events) {
        if (happened.kind === 'restart') {
          const page = device.state.hashes.since(0);
          Object.assign(device.state, restoreAdmission(snapshotAdmission(device.state), page ? [page] : []));
        } else if (happened.kind === 'seqReset') seq = 0;
        else if (happened.kind === 'again') {
          for (const message of messages.slice(-1 - happened.back).slice(0, happened.messages)) transmit(message);
        } else {
          const message: Sent[] = [];
          if (happened.kind === 'send')
            for (const { numbered, value } of happened.reports) message.push(make(numbered, value));
          else if (happened.kind === 'stampless') {
            message.push({ boot: undefined, seq: undefined, at: undefined, value: happened.value });
          } else {
            for (let index = 0; index < happened.before; index++) message.push(make(true, 0));
            reboot();
            for (let index = 0; index < happened.after; index++) message.push(make(true, 1));
          }
          messages.push(message);
          transmit(message);
        }
        const { received, acknowledged, duplicates, conflicts, quarantined } = device.state.counts;
        expect({ received, acknowledged, duplicates, conflicts }).toEqual(plain.counts);
        expect(quarantined).toBe(0);
      }
      expect(device.accepted).toHaveLength(plain.counts.acknowledged);
    }),
    { numRuns: 300 },
  );
});

it('knows a whole batch that comes twice for sixteen boots, and takes it anew after that', () => {
  const device = new AdmittedDevice();
  const batch = (boot: number) =>
    Array.from({ length: 50 }, (_, seq) => ({
      ...{ boot: `b${boot}`, seq, at: arrival + 1_000 * boot + seq },
      signals: { cabinet_temp: 4 },
    }));
  for (let boot = 0; boot < 16; boot++) device.send(batch(boot));
  for (let boot = 0; boot < 16; boot++) device.send(batch(boot));
  expect(device.state.counts).toMatchObject({ acknowledged: 800, duplicates: 800, conflicts: 0 });
  device.send(batch(16));
  device.send(batch(0));
  expect(device.state.counts).toMatchObject({ acknowledged: 900, duplicates: 800, conflicts: 0 });
});

it('remembers a bounded number of gaps, of all boots together', () => {
  const device = new AdmittedDevice();
  const signals = { cabinet_temp: 4 };
  for (let boot = 0; boot < 4; boot++) {
    const reports = Array.from({ length: 4_000 }, (_, index) => ({ boot: `b${boot}`, seq: 2 * index, signals }));
    for (let from = 0; from < reports.length; from += 500) device.send(reports.slice(from, from + 500));
  }
  const intervals = device.state.boots.map((boot) => boot.intervals.length / 2);
  expect(intervals.reduce((sum, count) => sum + count, 0)).toBe(10_000);
  expect(intervals.at(-1)).toBe(4_000);
  device.send({ boot: 'b0', seq: 1, signals });
  device.send({ boot: 'b3', seq: 2, signals });
  expect(device.state.counts).toMatchObject({ acknowledged: 16_001, duplicates: 1, conflicts: 0 });
  expect(snapshotAdmission(device.state).length).toBeLessThan(200_000);
});
