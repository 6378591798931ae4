import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { detectors } from '../../src/detect/index.ts';
import { createWatcher, watcherSize, watcherVersion } from '../../src/engine/watcher.ts';

/** Noise on a daily course, with spikes, a step, a flat stretch and readings at the end of the scale; repeatable. */
function readings(): number[] {
  let state = 11;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: 4000 }, (_, index) => {
    const noise = uniform() + uniform() + uniform() - 1.5;
    if (index % 1300 > 1240) return 20;
    if (index % 997 === 900) return 1e305;
    const event = index % 1700 > 1600 ? 9 : 0;
    return Math.round((20 + noise + (index % 144) / 40 + event * uniform()) * 100) / 100;
  });
}

/** All that a watcher makes of the readings, and what it remembers after each, to the last bit. */
function digestOf(kind: string, params: Readonly<Record<string, unknown>>): string {
  const detector = detectors.get(kind);
  if (!detector) throw new Error(`no detector ${kind}`);
  const size = watcherSize(detector);
  const memory = { cells: new Float64Array(size.cells), starts: new Float64Array(size.starts) };
  const signal = { title: 'flow', unit: 'L/min' };
  const watcher = createWatcher({ signal, spec: { kind, params }, detector, memory });
  const hash = createHash('sha256').update(watcherVersion(detector));
  watcher.init();
  for (const [index, value] of readings().entries()) {
    const { band, change } = watcher.step({ at: Date.UTC(2026, 0, 1) + index * 600_000, value });
    const shown = band && [band.low, band.high, band.expected];
    hash
      .update(JSON.stringify([shown, change?.kind, watcher.exceedance()]))
      .update(memory.cells)
      .update(memory.starts);
  }
  return hash.digest('hex').slice(0, 16);
}

// What devices have learned goes on under a new release. Where a digest changes, a version must rise.
describe('the arithmetic of a version', () => {
  it.each([
    ['range', { low: 0, high: 30 }, 'be13a697433a6af8'],
    ['stuck', {}, 'e02d13675266bb32'],
    ['level', {}, '61ec5372ec0a966a'],
    ['level', { budget: 12 }, '194e0cc3ea5adf4f'],
    ['level', { memory: 300, recent: 8 }, '4e23200107c73261'],
    ['seasonal', {}, '365760c368d0b680'],
    ['spread', {}, '656005e1812e4fd6'],
    ['drift', {}, 'a3e09fccb00865b9'],
  ] as const)('of %s with %j stays', (kind, params, digest) => {
    expect(digestOf(kind, params)).toBe(digest);
  });
});
