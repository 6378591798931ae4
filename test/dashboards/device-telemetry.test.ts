import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findPackFiles, readPack } from '../../src/app/packs.ts';
import { pointsOf } from '../../src/store/influx/point.ts';
import { report } from '../contract/store.ts';
import { readDashboard, root } from './grafana.ts';

/** The fields of every measurement that the service writes for the products that are shipped. */
function schema(): ReadonlyMap<string, ReadonlySet<string>> {
  const whole = report(0, { boot: 'b', seq: 1, firmware: '1', rawAt: 1, faults: [{ code: 'E1', active: true }] });
  const records = pointsOf([whole]).points.filter(({ measurement }) => measurement === 'reports');
  const measurements = new Map(records.map(({ measurement, fields }) => [measurement, new Set(fields.keys())]));
  for (const { file, source } of findPackFiles([join(root, 'products')]).files) {
    const read = readPack(file, source);
    if ('pack' in read) measurements.set(read.pack.product, new Set(read.pack.signals.map(({ name }) => name)));
  }
  return measurements;
}

it('names only measurements and fields that the service writes', () => {
  const known = schema();
  const queries = readDashboard('device-telemetry.json').panels.flatMap(({ targets }) =>
    targets.map(({ query }) => query ?? ''),
  );
  const named = queries.flatMap((query) => {
    const measurement = /\bFROM "([^"]+)"/.exec(query)?.[1] ?? '';
    const quoted = [...query.replace(/\bFROM "[^"]+"/, '').matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '');
    return measurement === '$product'
      ? []
      : quoted.filter((name) => name !== 'device').map((name) => [measurement, name]);
  });
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter(([measurement = '', field = '']) => !known.get(measurement)?.has(field))).toEqual([]);
});

it('has a query for products of one’s own', () => {
  const generic = readDashboard('device-telemetry.json').panels.filter(({ repeat }) => repeat === 'signal');
  expect(generic.flatMap(({ targets }) => targets).every(({ query }) => query?.includes('FROM "$product"'))).toBe(true);
  expect(generic).toHaveLength(1);
});
