import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPackFiles, readPack } from '../../src/app/packs.ts';
import type { SignalValue } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';
import { readDashboard } from '../dashboards/grafana.ts';
import { requireProgram } from '../servers.ts';
import { type InfluxUnderTest, influxPlace, influxql, startInfluxd, type TestServer } from './influx-server.ts';

const influxd = requireProgram('influxd');

const start = 1_763_683_200_000;
const { panels, variables } = readDashboard('device-telemetry.json');
const packs = findPackFiles(['products']).files.flatMap(({ file, source }) => {
  const read = readPack(file, source);
  return 'pack' in read ? [read.pack] : [];
});

/** As Grafana fills a query in for one product, its device and one of its signals. */
function filledIn(query: string, product: string, signal: string): string {
  return query
    .replaceAll('$product', product)
    .replaceAll('$' + '{device:regex}', `${product}-\\.1`)
    .replaceAll('$' + '{signal:regex}', signal)
    .replaceAll('$timeFilter', `time >= ${start}ms AND time <= ${start + 3_600_000}ms`)
    .replaceAll('$__interval', '5m');
}

describe.skipIf(influxd === undefined)('the telemetry dashboard, on InfluxDB 1.6', () => {
  let server: TestServer;
  let place: InfluxUnderTest;
  beforeAll(async () => {
    server = await startInfluxd(influxd ?? '');
    place = await influxPlace({ url: server.url });
    let offset = 0;
    for (const pack of packs) {
      const values: Record<string, SignalValue> = {};
      for (const { name, type } of pack.signals) values[name] = { number: 20, boolean: true, string: 'on' }[type];
      const reports = Array.from({ length: 30 }, (_, i) =>
        report(offset++, {
          device: `${pack.product}-.1`,
          product: pack.product,
          at: start + i * 60_000,
          signals: values,
          faults: i === 3 ? [{ code: 'E1', active: true }] : [],
        }),
      );
      await place.store.write(reports, offset);
    }
  });
  afterAll(async () => {
    await place.destroy();
    await server.destroy();
  });

  const rows = (query: string) => influxql(server, place.db, query);

  it('offers every product, its devices and its signals', async () => {
    const [product, device, signal] = variables.map(({ definition }) => definition);
    const measurements = (await rows(product ?? '')).map(([name]) => String(name));
    // Grafana keeps what the variable's pattern matches.
    const pattern = new RegExp(variables[0]?.regex.slice(1, -1) ?? '');
    expect(measurements.filter((name) => pattern.test(name)).toSorted()).toEqual(
      packs.map((pack) => pack.product).toSorted(),
    );
    for (const pack of packs) {
      expect(await rows(filledIn(device ?? '', pack.product, ''))).toEqual([['device', `${pack.product}-.1`]]);
      const names = (await rows(filledIn(signal ?? '', pack.product, ''))).map(([name]) => name);
      expect(names.toSorted()).toEqual(pack.signals.map(({ name }) => name).toSorted());
    }
  });

  it('draws something in every panel', async () => {
    for (const { title, targets } of panels) {
      for (const { query = '' } of targets) {
        const own = /FROM "([^"]+)"/.exec(query)?.[1] ?? '';
        const product = packs.some((pack) => pack.product === own) ? own : 'cold-fridge';
        expect(await rows(filledIn(query, product, 'cabinet_temp')), `${title}: ${query}`).not.toEqual([]);
      }
    }
  });

  it('draws nothing, and no error, for a state among the signals', async () => {
    const [generic] = panels.filter(({ repeat }) => repeat === 'signal').flatMap(({ targets }) => targets);
    expect(await rows(filledIn(generic?.query ?? '', 'cold-fridge', 'door_open'))).toEqual([]);
  });
});
