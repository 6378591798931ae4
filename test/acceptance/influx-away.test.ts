import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { influxql, startInfluxd, type TestServer } from '../integration/influx-server.ts';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { ledgerOf, publishReports, register, type TestDevice } from './fixture.ts';

const influxd = requireProgram('influxd');
const catchUpMs = 60_000;

interface Lag {
  readonly server: {
    readonly lagRecords: number;
    readonly behindSince: string | null;
    readonly trouble: string | null;
  };
}

describe.skipIf(influxd === undefined)('with InfluxDB away', () => {
  let influx: TestServer;
  let service: ServiceProcess;
  let device: TestDevice;
  let seq = 0;

  beforeAll(async () => {
    influx = await startInfluxd(influxd ?? '');
    service = await startService({ env: { INFLUX_URL: influx.url } });
    device = await register(service, 'away-1', 'generic-sensor');
  });
  afterAll(async () => {
    await service?.stop();
    rmSync(service.data, { recursive: true, force: true });
    await influx?.destroy();
  });

  /** Every report is acknowledged before this resolves, whatever InfluxDB does. */
  const publish = (count: number) => {
    const first = Date.now() - 3_600_000;
    const reports = Array.from({ length: count }, () => {
      const value = seq++;
      return { at: first + value, boot: 'b1', seq: value, signals: { value } };
    });
    return publishReports(service, device, reports);
  };
  const lag = async () => (await service.api<Lag>('GET', '/ledger')).body.server;

  /** The ledger once every report has been judged: InfluxDB has no part in that. */
  const judged = () =>
    until(
      async () => {
        const ledger = await ledgerOf(service, device.id);
        return ledger.evaluated === seq && ledger;
      },
      catchUpMs,
      `${seq} reports are judged`,
    );

  /** Resolves when every report is on the chart: the embedded store gets what was judged within a second. */
  const charted = () =>
    until(
      async () => {
        const path = `/devices/${device.id}/signals/value?points=5000`;
        return (await service.api<{ points: unknown[] }>('GET', path)).body.points.length === seq;
      },
      catchUpMs,
      `${seq} reports are on the chart`,
    );

  /** All that was acknowledged is in InfluxDB: every value once, each where it belongs. */
  const arrived = async () => {
    await until(
      async () => (await ledgerOf(service, device.id)).stored === seq,
      catchUpMs,
      `${seq} reports are stored`,
    );
    const rows = await influxql(influx, 'aftercare', 'SELECT value FROM "generic-sensor"');
    expect(rows.map(([, value]) => value)).toEqual(Array.from({ length: seq }, (_, value) => value));
    expect(await lag()).toMatchObject({ lagRecords: 0, behindSince: null, trouble: null });
  };

  it('has all of it while it is there', async () => {
    await publish(300);
    await arrived();
  });

  it('goes on acknowledging while it is killed, says how far behind it is, and brings the rest', async () => {
    await influx.kill();
    await publish(500);
    expect(
      await until(async () => ((await lag()).trouble !== null ? lag() : false), catchUpMs, 'the trouble is told'),
    ).toMatchObject({ behindSince: expect.any(String), trouble: expect.stringMatching(/InfluxDB|influx|refused/i) });
    expect(await judged()).toMatchObject({ acknowledged: seq, stored: seq - 500 });
    await charted();
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    await influx.start();
    await arrived();
  });

  it('goes on while it is stopped in the middle of a batch', async () => {
    await publish(200);
    influx.signal('SIGSTOP');
    await publish(800);
    expect((await judged()).acknowledged).toBe(seq);
    influx.signal('SIGCONT');
    await arrived();
  });

  it('knows after a crash of its own what InfluxDB has not got', async () => {
    await influx.kill();
    await publish(400);
    await service.kill('SIGKILL');
    await influx.start();
    service = await startService({ data: service.data, ports: service.ports, env: { INFLUX_URL: influx.url } });
    await publish(50);
    await arrived();
  });
});
