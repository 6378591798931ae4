import { jsonWith } from '../../../src/base/index.ts';
import type { Checkpoint, CheckpointWrite, DeviceWrite } from '../../../src/pipeline/index.ts';

export const write = (next: number, devices: Iterable<DeviceWrite>): CheckpointWrite => ({
  meta: { next, globals: { lastHeardAt: 0, downMs: 0 }, forwarded: undefined, ages: [] },
  facts: undefined,
  devices,
  bands: [],
  snapshots: [],
  quarantine: [],
  history: [],
});

/** Devices of which each is more than is handed over at once. */
export function large(name: string, count: number): DeviceWrite[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    id: `d${number}`,
    admission: '{}',
    engine: jsonWith({ name: `${name} ${number}` }, { numbers: [new Float64Array(40_000).fill(number)] }),
    evaluated: 1,
    unstored: 0,
    hashes: [],
    hashesFrom: 0,
  }));
}

/** What devices made by {@link large} are called. */
export function rows(checkpoint: Checkpoint): string[] {
  return [...checkpoint.devices()].map(({ engine }) => JSON.parse(engine ?? '').name);
}
