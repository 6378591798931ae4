import { expect, it } from 'vitest';
import { WaitingReports } from '../../src/pipeline/waiting-reports.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';

function waiting(reports: readonly Report[]): WaitingReports {
  const all = new WaitingReports();
  for (const one of reports) all.push(one);
  return all;
}

const various = [
  report(0, { boot: 'b1', seq: 7, signals: { temp: -0, open: true, mode: 'defrost' } }),
  report(1, { boot: undefined, seq: undefined, faults: [{ code: 'E1', active: true }] }),
  report(2, { device: 'other', boot: 'b1', seq: 7, rawAt: 5, firmware: undefined }),
  report(2, { index: 1, boot: 'b1', seq: 7, signals: {}, parent: { brine: 4.5 } }),
];

it('gives reports back as they came', () => {
  const all = waiting(various);
  expect(all.length).toBe(4);
  expect(all.list()).toEqual(various);
});

it('finds by identity what came by now, again and again', () => {
  const all = waiting(various);
  expect(all.find('fridge-1', 'b1', 7)).toEqual([various[0], various[3]]);
  expect(all.find('other', 'b1', 7)).toEqual([various[2]]);
  expect(all.find('other', 'b2', 7)).toEqual([]);
  const more = report(3, { boot: 'b2', seq: 7 });
  all.push(more);
  expect(all.find('fridge-1', 'b2', 7)).toEqual([more]);
});

it('gives them away and begins anew', () => {
  const all = waiting(various);
  const rows = all.take();
  expect(rows.reports()).toEqual(various);
  expect([...rows.countByDevice()]).toEqual([
    ['fridge-1', 3],
    ['other', 1],
  ]);
  expect([...rows.countByDevice(2)]).toEqual([['fridge-1', 2]]);
  expect([all.length, all.find('fridge-1', 'b1', 7)]).toEqual([0, []]);
  const next = report(9, { boot: 'b1', seq: 7 });
  all.push(next);
  expect(all.find('fridge-1', 'b1', 7)).toEqual([next]);
  expect(rows.reports()).toEqual(various);
});
