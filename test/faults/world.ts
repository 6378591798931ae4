import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInfluxd, type TestServer } from '../integration/influx-server.ts';
import { requireProgram } from '../servers.ts';
import { type ServiceProcess, startService, until } from '../service-process.ts';
import { type FalseClock, falseClock } from './false-clock.ts';
import { type Load, startLoad } from './load.ts';
import { pack } from './load-plan.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

/** All that can be broken. */
export interface World {
  readonly load: Load;
  readonly influx: TestServer | undefined;
  readonly disk: SmallDisk | undefined;
  readonly clock: FalseClock | undefined;
  service(): ServiceProcess;
  /** Starts the service again on its data and ports, after it was killed. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export interface WorldOptions {
  readonly devices: number;
  readonly pauseMs: number;
  readonly diskMegabytes: number;
  /** How long an acknowledgement may take before the test fails. */
  readonly patienceMs: number;
}

const consoleDeadlineMs = 60_000;
const logBytesMax = '16MiB';

export async function startWorld(options: WorldOptions): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-faults-'));
  const ends: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  const end = async () => {
    for (let next = ends.pop(); next !== undefined; next = ends.pop()) await next();
  };
  try {
    const disk = await mountSmallDisk(options.diskMegabytes);
    if (disk !== undefined) ends.push(() => disk.remove());
    const influxd = requireProgram('influxd');
    const influx = influxd === undefined ? undefined : await startInfluxd(influxd);
    if (influx !== undefined) ends.push(() => influx.destroy());
    const clock = falseClock(folder);
    const products = join(folder, 'products');
    mkdirSync(products);
    writeFileSync(join(products, 'cold-fridge.yaml'), pack);
    const data = join(disk?.folder ?? folder, 'data');
    const env = {
      ...clock?.env,
      AFTERCARE_LIMIT_CALLS_PER_SECOND: '10000',
      AFTERCARE_LIMIT_LOG_BYTES: logBytesMax,
      ...(influx === undefined ? {} : { INFLUX_URL: influx.url }),
    };
    let service = await startService({ data, products, env });
    ends.push(() => service.kill('SIGKILL'));
    // A console that is still being built would be built again at each start.
    const isBuilt = async () => (await fetch(service.url)).ok || service.output().includes('could not be built');
    await until(isBuilt, consoleDeadlineMs, 'the console is built');
    const load = await startLoad(service, options);
    ends.push(() => load.end());
    return {
      ...{ load, influx, disk, clock, end },
      service: () => service,
      restart: async () => {
        service = await startService({ data, products, env, ports: service.ports });
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
