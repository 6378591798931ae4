import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../service-process.ts';
import { sum } from './load.ts';
import type { World } from './world.ts';

/** A number from 0 to below 1, of a seeded sequence. */
export type Random = () => number;

export interface Fault {
  readonly name: string;
  /** Whether this machine can do it. */
  readonly canHappen: (world: World) => boolean;
  /** Breaks something under load, and mends it. */
  readonly happen: (world: World, random: Random) => Promise<void>;
}

const second = 1_000;
const hour = 3_600 * second;
const stopDeadlineMs = 20 * second;
const always = () => true;
const hasInflux = ({ influx }: World) => influx !== undefined;
const hasDisk = ({ disk }: World) => disk !== undefined;

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 of the service',
    canHappen: always,
    happen: async (world, random) => {
      await killService(world);
      await sleep(random() * second);
      await world.restart();
    },
  },
  {
    name: 'kill -9 of the service, again while it catches up',
    canHappen: always,
    happen: async (world, random) => {
      for (let kills = 0; kills < 3; kills += 1) {
        await killService(world);
        await world.restart();
        await sleep(random() * 300);
      }
    },
  },
  {
    name: 'SIGSTOP of the service',
    canHappen: always,
    happen: async (world, random) => {
      world.service().signal('SIGSTOP');
      await sleep(second + random() * 4 * second);
      world.service().signal('SIGCONT');
    },
  },
  {
    name: 'kill -9 of InfluxDB',
    canHappen: hasInflux,
    happen: async ({ influx, load }, random) => {
      await influx?.kill();
      await load.progress(200 + Math.floor(random() * 2_000));
      await influx?.start();
    },
  },
  {
    name: 'SIGSTOP of InfluxDB',
    canHappen: hasInflux,
    happen: async ({ influx, load }, random) => {
      influx?.signal('SIGSTOP');
      await load.progress(200 + Math.floor(random() * 2_000));
      influx?.signal('SIGCONT');
    },
  },
  {
    name: 'kill -9 of both',
    canHappen: hasInflux,
    happen: async (world, random) => {
      await world.influx?.kill();
      await sleep(random() * second);
      await killService(world);
      await world.restart();
      await world.load.progress(200);
      await world.influx?.start();
    },
  },
  {
    name: 'a full disk',
    canHappen: hasDisk,
    happen: (world, random) => fillDisk(world, second + random() * 3 * second),
  },
  {
    name: 'a disk full for longer than devices wait',
    canHappen: hasDisk,
    happen: async (world) => {
      const before = await world.load.state();
      await fillDisk(world, 34 * second, async () => {
        const { closed, refused } = await world.load.state();
        expect(closed).toBeGreaterThan(before.closed);
        expect(refused).toBeGreaterThan(before.refused);
      });
    },
  },
  {
    name: 'kill -9 of the service at a full disk',
    canHappen: hasDisk,
    happen: async (world) => {
      await fillDisk(world, 100, () => killService(world));
      await world.restart();
    },
  },
  {
    name: 'the clock jumps',
    canHappen: ({ clock }) => clock !== undefined,
    happen: async (world, random) => {
      const jumps = [-30 * second, 30 * second, -2 * hour, 2 * hour, 49 * hour, -49 * hour];
      const offset = jumps[Math.floor(random() * jumps.length)] ?? 0;
      world.clock?.set(offset);
      const isOff = async () => Math.abs((await serviceTime(world)) - Date.now() - offset) < 5 * second;
      await until(isOff, stopDeadlineMs, `the service's clock is off by ${offset} ms`);
      await world.load.progress(500);
      if (random() < 0.5) {
        await killService(world);
        await world.restart();
      }
      world.clock?.set(0);
    },
  },
];

async function killService(world: World): Promise<void> {
  expect(await world.service().kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
}

/** Nothing is acknowledged while the disk is full, and the service is there all the time. */
async function fillDisk(world: World, forMs: number, atTheEnd: () => Promise<void> = async () => {}): Promise<void> {
  const { load, disk } = world;
  const acknowledged = async () => sum((await load.state()).acknowledged);
  disk?.fill();
  try {
    let last = -1;
    const isStill = async () => {
      const before = last;
      last = await acknowledged();
      if (before === last) return true;
      await sleep(second);
      return false;
    };
    await until(isStill, stopDeadlineMs, 'nothing is acknowledged at a full disk');
    const still = await acknowledged();
    await sleep(forMs);
    expect(await acknowledged()).toBe(still);
    const isRefusing = async () => (await fetch(`${world.service().url}/readyz`)).status === 503;
    await until(isRefusing, stopDeadlineMs, 'the service says that it takes nothing');
    expect((await world.service().api('GET', '/ledger')).status).toBe(200);
    await atTheEnd();
  } finally {
    disk?.free();
  }
}

async function serviceTime(world: World): Promise<number> {
  const { headers } = await fetch(`${world.service().url}/healthz`);
  return Date.parse(headers.get('date') ?? '');
}
