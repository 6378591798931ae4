import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldTypeOf, lineOf, type Point, pointsOf } from '../../../src/store/influx/point.ts';
import type { Report } from '../../../src/telemetry/index.ts';
import { report } from '../../contract/store.ts';
import { reportLog } from '../reports.ts';

const linesOf = (...reports: Report[]): string[] => pointsOf(reports).points.map(lineOf);

describe('points of reports', () => {
  it('are a row of the product and a record of the report', () => {
    const signals = { cabinet_temp: 4, power: 1e21, door_open: false, mode: 'a "b" \\' };
    const faults = [{ code: 'E21', active: true }];
    expect(linesOf(report(7, { at: 1_000, receivedAt: 1_020, rawAt: -1.5, signals, faults }))).toEqual([
      'fridge,device=fridge-1 cabinet_temp=4,power=1e+21,door_open=false,mode="a \\"b\\" \\\\" 1000',
      'reports,device=fridge-1 product="fridge",offset=7i,index=0i,receivedAt=1020i,' +
        'faults="[{\\"code\\":\\"E21\\",\\"active\\":true}]",signals="cabinet_temp power door_open mode",' +
        'given="boot seq firmware rawAt",boot="b1",seq=7i,firmware="2.3.1",rawAt=-1.5 1000',
    ]);
  });

  it('name what a report lacks, so that an earlier one of its time does not show through', () => {
    const bare = report(3, { at: 5, receivedAt: 6, boot: undefined, seq: undefined, firmware: undefined, signals: {} });
    expect(linesOf(bare)).toEqual([
      'reports,device=fridge-1 product="fridge",offset=3i,index=0i,receivedAt=6i,faults="[]",signals="",given="" 5',
    ]);
  });

  it('are one a series and time: the later wins a signal, its record replaces the earlier', () => {
    const first = report(0, { at: 9, signals: { cabinet_temp: 1, power: 50 }, firmware: 'old' });
    const second = report(1, { at: 9, signals: { cabinet_temp: 2 }, firmware: undefined });
    const [row, record, ...more] = linesOf(first, second);
    expect(row).toBe('fridge,device=fridge-1 cabinet_temp=2,power=50 9');
    expect(record).toMatch(/offset=1i.*signals="cabinet_temp",given="boot seq"/);
    expect(record).not.toContain('old');
    expect(more).toEqual([]);
  });

  it('escape the names that can be escaped, refuse those that cannot', () => {
    const odd = report(0, { device: 'a b,c=d"e', product: 'ü, x', signals: { 'x y=z,': 1 }, at: 1 });
    expect(linesOf(odd)[0]).toBe('ü\\,\\ x,device=a\\ b\\,c\\=d"e x\\ y\\=z\\,=1 1');
    for (const device of ['', 'a\\', 'a\nb', '#a', '\u0000', '\u0085']) {
      const { points, refused } = pointsOf([report(0, { device }), report(1)]);
      expect(points).toHaveLength(2);
      expect(refused.map(({ point, reason }) => [point.device, reason])).toEqual([
        [device, expect.stringContaining('cannot hold')],
        [device, expect.stringContaining('cannot hold')],
      ]);
    }
  });

  it('hold each signal of each report once, unless a later report of its time has it', () => {
    fc.assert(
      fc.property(reportLog(30), (log) => {
        const last = new Map<string, Report>();
        for (const one of log) {
          for (const signal of Object.keys(one.signals)) {
            last.set(JSON.stringify([one.product, one.device, one.at, signal]), one);
          }
        }
        const rows = pointsOf(log).points.filter(({ measurement }) => measurement !== 'reports');
        const held = rows.flatMap((row) => [...row.fields.keys()].map((signal) => key(row, signal)));
        expect(held.toSorted()).toEqual([...last.keys()].toSorted());
        const typed = rows.every((row) =>
          [...row.fields].every(([signal, value]) => {
            const read = last.get(key(row, signal))?.signals[signal];
            return fieldTypeOf(value) === (typeof read === 'number' ? 'float' : typeof read);
          }),
        );
        expect(typed).toBe(true);
      }),
    );
  });
});

const key = ({ measurement, device, at }: Point, signal: string) => JSON.stringify([measurement, device, at, signal]);
