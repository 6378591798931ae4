import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectors } from '../../src/detect/index.ts';
import { checkWatch, createWatcher, type Watcher, type WatcherStep, watcherSize } from '../../src/engine/watcher.ts';

const start = Date.UTC(2024, 0, 1);
const at = (index: number): number => start + index * 60_000;

interface Watching {
  readonly watcher: Watcher;
  /** All that the watcher remembers. */
  readonly cells: Float64Array;
  readonly starts: Float64Array;
}

function watcherOf(kind: string, params: Readonly<Record<string, unknown>> = {}): Watching {
  const detector = detectors.get(kind);
  if (!detector) throw new Error(`no detector ${kind}`);
  const size = watcherSize(detector);
  const memory = { cells: new Float64Array(size.cells), starts: new Float64Array(size.starts) };
  const signal = { title: 'pump current', unit: 'A' };
  return { ...memory, watcher: createWatcher({ signal, spec: { kind, params }, detector, memory }) };
}

function run({ watcher, cells, starts }: Watching, values: readonly number[], restored = false): WatcherStep[] {
  watcher.init();
  return values.map((value, index) => {
    if (restored) {
      for (const numbers of [cells, starts]) {
        const text = JSON.stringify([...numbers]);
        numbers.fill(Number.NaN);
        numbers.set(JSON.parse(text));
      }
    }
    const step = watcher.step({ at: at(index), value });
    return { ...step, band: step.band && { ...step.band } };
  });
}

const changed = (steps: readonly WatcherStep[]): string[] =>
  steps.flatMap((step, index) => (step.change ? [`${step.change.kind} ${index}`] : []));

/** Steady within ±0.5, repeatable. */
const steady = (length: number, level = 5): number[] =>
  Array.from({ length }, (_, index) => level + ((index * 389) % 997) / 997 - 0.5);

describe('a level watcher', () => {
  const watcher = watcherOf('level');

  it('warms up without a band, then shows one around what it expects', () => {
    const steps = run(watcher, steady(200));
    expect(steps.slice(0, 64).every((step) => step.warmingUp && step.band === undefined)).toBe(true);
    expect(steps.slice(64).some((step) => step.warmingUp)).toBe(false);
    const band = steps.at(-1)?.band;
    expect(band?.low).toBeLessThan(4.5);
    expect(band?.high).toBeGreaterThan(5.5);
    expect(changed(steps)).toEqual([]);
  });

  it('makes one finding of one event, with its start, its readings and their bands', () => {
    const steps = run(watcher, [...steady(400), ...steady(40, 12), ...steady(300)]);
    expect(changed(steps)).toEqual(['raised 400', 'cleared 444']);
    expect(steps[444]?.change).toEqual({ kind: 'cleared', endsAt: at(440) });
    const raised = steps[400]?.change;
    if (raised?.kind !== 'raised') throw new Error('not raised');
    expect(raised).toMatchObject({ startsAt: at(400), openedAt: at(400) });
    expect(raised.explanation).toMatch(
      /^Pump current is far outside its expected band: 1[12][.\d]*\u2009A at 06:40 UTC/,
    );
    expect(raised.evidence).toHaveLength(6);
    expect(raised.evidence.at(-1)).toMatchObject({ at: at(400), value: steady(40, 12)[0] });
  });

  it('counts readings when the event is smaller', () => {
    const steps = run(watcher, [...steady(1000), ...steady(6, 6.8), ...steady(100)]);
    const raised = steps[1001]?.change;
    expect(raised).toMatchObject({ kind: 'raised', startsAt: at(1000), openedAt: at(1001) });
    expect(raised?.kind === 'raised' && raised.explanation).toContain('for 2 of the last 3 readings');
  });

  it('makes one finding of a small excursion that stays, and speaks of the average', () => {
    const steps = run(watcher, [...steady(1000), ...steady(200, 5.4), ...steady(200)]);
    const events = steps.flatMap((step) => step.change ?? []);
    expect(events.map((event) => event.kind)).toEqual(['raised', 'cleared']);
    const [raised] = events;
    if (raised?.kind !== 'raised' || !raised.stretch) throw new Error('not raised by the average');
    expect(raised.startsAt).toBeGreaterThanOrEqual(at(1000));
    expect(raised.openedAt).toBeLessThan(at(1040));
    expect(raised.stretch.value).toBeGreaterThan(raised.stretch.high);
    expect(raised.explanation).toMatch(/^Pump current is high on average: 5[.\d]*\u2009A over the last \d\d readings/);
  });

  it('calls nothing abnormal that lies inside its band, and nothing changes when restored from JSON', () => {
    const value = fc.oneof(
      fc.double({ min: 3, max: 7, noNaN: true }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.array(value, { maxLength: 150 }), (tail) => {
        const values = [...steady(150), ...tail];
        const steps = run(watcher, values);
        for (const [index, { band, change }] of steps.entries()) {
          const here = values[index] ?? 0;
          if (change?.kind !== 'raised') continue;
          const { value: seen, low, high } = change.stretch ?? { value: here, low: 0, high: 0, ...band };
          expect(seen < low || seen > high).toBe(true);
        }
        expect(run(watcher, values, true)).toEqual(steps);
      }),
      { numRuns: 40 },
    );
  });

  it('lets a constant flip by its resolution', () => {
    const flips = Array.from({ length: 3000 }, (_, index) => (index > 100 && index % 41 === 0 ? 33 : 32));
    expect(changed(run(watcher, flips))).toEqual([]);
    const switched = Array.from({ length: 3000 }, (_, index) => (index > 100 && index % 41 === 0 ? 1 : 0));
    expect(changed(run(watcher, switched))).toEqual([]);
  });

  it('sees a constant leave its level for good', () => {
    const steps = run(watcher, [...Array<number>(300).fill(5), ...Array<number>(20).fill(3.1)]);
    expect(changed(steps)[0]).toBe('raised 301');
  });

  it('remembers at most 2 KB, and needs no more to start once it is warm', () => {
    expect(watcher.cells.byteLength).toBeLessThanOrEqual(2048);
    run(watcher, steady(64));
    expect(watcher.watcher.isWarm()).toBe(false);
    run(watcher, steady(65));
    expect(watcher.watcher.isWarm()).toBe(true);
    expect(watcher.starts.every((number) => number === 0)).toBe(true);
  });

  it('asks for more before it raises anything when the budget is smaller', () => {
    const width = (budget: number) => {
      const band = run(watcherOf('level', { budget }), steady(3000)).at(-1)?.band;
      return band ? band.high - band.low : 0;
    };
    expect(width(1)).toBeGreaterThan(width(1000));
  });
});

describe('a range watcher', () => {
  const watcher = watcherOf('range', { low: 0, high: 20 });

  it('raises at the first reading outside and clears from the first of three inside', () => {
    const steps = run(watcher, [5, 20, 20.5, 7, 21, 6, 6, 6, 6]);
    expect(changed(steps)).toEqual(['raised 2', 'cleared 7']);
    expect(steps[2]?.change).toMatchObject({
      startsAt: at(2),
      explanation:
        'Pump current is outside what its sensor can measure: 20.5\u2009A at 00:02 UTC, possible 0–20\u2009A.',
    });
    expect(steps[7]?.change).toEqual({ kind: 'cleared', endsAt: at(5) });
    expect(steps.map((step) => step.outOfRange)).toEqual([false, false, true, false, true, false, false, false, false]);
    expect(steps[0]).toMatchObject({ warmingUp: false, band: { low: 0, high: 20, expected: 10 } });
  });
});

describe('checkWatch', () => {
  it('names every problem', () => {
    expect(checkWatch('level', {})).toEqual([]);
    expect(checkWatch('level', { budget: 12, memory: 1000 })).toEqual([]);
    expect(checkWatch('levle', {})).toEqual([
      'there is no detector "levle"; there are: range, stuck, level, seasonal, spread, drift',
    ]);
    expect(checkWatch('level', { budget: 0, memory: 1 })).toHaveLength(3);
  });
});
