import { afterAll, beforeAll, describe } from 'vitest';
import { telemetryStoreContract } from '../contract/store.ts';
import { requireProgram } from '../servers.ts';
import { influxPlace, startInfluxd, type TestServer } from './influx-server.ts';

const influxd = requireProgram('influxd');

/** A report that shares its time with a later one is gone, and a signal has one type for ever. */
const capabilities = { sharedTimes: false, offsets: true, rawTimes: true, changingTypes: false };

describe.skipIf(influxd === undefined)('Debian’s InfluxDB 1.6', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startInfluxd(influxd ?? '');
  });
  afterAll(() => server.destroy());

  telemetryStoreContract('InfluxDB 1', capabilities, () => influxPlace({ url: server.url }));
});
