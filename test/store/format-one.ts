import type { EmbeddedStoreSizes } from '../../src/store/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { report } from '../contract/store.ts';

/** Sizes at which a few hundred reports leave full, small and tiny chunks, and some that are in none yet. */
export const formatOneSizes: EmbeddedStoreSizes = {
  fullReports: 64,
  tinyReports: 4,
  tinyChunksMax: 4,
  recent: { reportsMax: 60, writesMax: 8, bytesMax: 1_000_000 },
  aheadReports: 100,
  fewChunks: 0,
};

export const formatOneWrites = 60;

/** What was written into the file of format 1 in test/store/fixtures, a write of ten messages at a time. */
export function formatOneReports(): readonly Report[] {
  return Array.from({ length: formatOneWrites * 10 }, (_, offset) => {
    const device = offset % 3 === 0 ? 'often' : `seldom-${offset % 20}`;
    const mode = offset % 11 === 0 ? 'défrost' : 'cool';
    const late = offset % 17 === 0 ? 7_200_000 : 0;
    return report(offset, {
      device,
      product: device === 'often' ? 'fridge' : 'boiler',
      at: 1_763_683_200_000 + Math.floor(offset / 2) * 120_000 - late,
      boot: offset < 400 ? 'b1' : 'b2',
      rawAt: offset % 50 === 0 ? 5 : undefined,
      firmware: offset % 7 === 0 ? undefined : '2.3.1',
      signals: { cabinet_temp: Math.round(Math.sin(offset / 9) * 100) / 10, door_open: offset % 5 === 0, mode },
      faults: offset % 23 === 0 ? [{ code: 'E21', active: offset % 2 === 0 }] : [],
    });
  });
}
