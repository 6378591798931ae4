import fc from 'fast-check';
import { expect, it } from 'vitest';
import { familiesOf, ParentHistory } from '../../src/backtest/index.ts';
import { Engine, type EngineOutput } from '../../src/engine/index.ts';
import type { HistoryRecord } from '../../src/pipeline/index.ts';
import { Catalogue } from '../../src/product/index.ts';
import { deviceFacts, type Fact, type Report, type SignalValue } from '../../src/telemetry/index.ts';
import { minute, pack, start } from '../engine/fixture.ts';

const sources = {
  room: 'product: room\ntitle: Room\nsignals: {temp: {kind: gauge, maxAge: 10m}, door: {kind: state, maxAge: 1h}}\n',
  shelf: `product: shelf\ntitle: Shelf\nparent: room\nsignals: {temp: {kind: gauge}}
rules: [{id: r, when: parent.temp > 8.0 && parent.door}]\n`,
};

const registered = (id: string, product: string, parent?: string): Fact => {
  return { type: 'device-registered', at: start, device: deviceFacts({ id, product, parent }) };
};

/** Something that happens: a report, or a shelf is moved to another room, or out of all. */
const happening = fc.oneof(
  { weight: 4, arbitrary: reportOf(fc.constantFrom('room-1', 'room-2'), ['temp', 'door']) },
  { weight: 4, arbitrary: reportOf(fc.constantFrom('shelf-1', 'shelf-2'), ['temp']) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      id: fc.constantFrom('shelf-1', 'shelf-2'),
      parent: fc.constantFrom('room-1', 'room-2', 'shelf-1', null),
    }),
  },
);

function reportOf(device: fc.Arbitrary<string>, names: readonly string[]) {
  const values = { temp: fc.integer({ min: 0, max: 20 }), door: fc.boolean() };
  const signals = fc.record(Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name))), {
    requiredKeys: [],
  }) as fc.Arbitrary<Record<string, SignalValue>>;
  return fc.record({ kind: fc.constant('report' as const), device, at: fc.integer({ min: 0, max: 40 }), signals });
}

it('knows of each report what the service recorded with it, whatever the order in which they are replayed', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
      const catalogue = new Catalogue((_, source) => pack(source));
      const engine = new Engine(catalogue);
      const out: EngineOutput = { findings: [], bands: [], touched: new Set() };
      const records: HistoryRecord[] = [];
      const reports: Report[] = [];
      let offset = 0;
      const note = (fact: Fact): void => {
        catalogue.apply(fact);
        engine.step({ kind: 'fact', offset, fact }, out);
        records.push({ offset, record: { kind: 'fact', fact } });
        offset += 1;
      };
      for (const [product, source] of Object.entries(sources)) {
        note({ type: 'pack-published', at: start, product, version: 1, file: '', source });
      }
      for (const id of ['room-1', 'room-2']) note(registered(id, 'room'));
      for (const id of ['shelf-1', 'shelf-2']) note(registered(id, 'shelf', 'room-1'));
      const newest = new Map<string, number>();
      for (const item of happenings) {
        if (item.kind === 'move') {
          note({ type: 'device-changed', at: start, id: item.id, changes: { parent: item.parent } });
          continue;
        }
        const { device, signals } = item;
        const at = start + item.at * minute;
        const product = device.startsWith('room') ? 'room' : 'shelf';
        const unknown = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined, faults: [] };
        const report = engine.withParent({
          device,
          product,
          offset,
          index: 0,
          at,
          receivedAt: at,
          ...unknown,
          signals,
        });
        engine.step({ kind: 'report', report, judged: at >= (newest.get(device) ?? at) }, out);
        newest.set(device, Math.max(at, newest.get(device) ?? at));
        reports.push(report);
        offset += 1;
      }
      const byTime = (device: string) =>
        reports.filter((report) => report.device === device).toSorted((a, b) => a.at - b.at || a.offset - b.offset);
      const asked = { records, product: 'shelf', devices: undefined, withParents: true, withAbove: false };
      for (const family of familiesOf(asked)) {
        const read = (parent: string) => [{ reports: byTime(parent) }];
        const history = new ParentHistory({ family, signals: ['door', 'temp'], reports: read });
        const again = new Engine(catalogue, history);
        for (const { id } of family.members) {
          for (const report of byTime(id)) expect(again.withParent(report).parent).toEqual(report.parent);
        }
      }
    }),
    { numRuns: 300 },
  );
});
