import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoundDetector,
  boundless,
  type DetectorKind,
  type Judged,
  type Memory,
  type Score,
  scoreMax,
  type WatchedReading,
} from '../../src/detect/index.ts';

const bytesMax = 2048;

/** Same numbers in every run: a small linear congruential generator, roughly normal by summing. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => uniform() + uniform() + uniform() + uniform() - 2;
}

const at = (index: number): number => 1_400_000_000_000 + index * 60_000;

/** Streams that a device may well send, and some that only a broken one does. All are finite. */
function streams(): Record<string, number[]> {
  const random = noise(7);
  const make = (length: number, value: (index: number) => number) => Array.from({ length }, (_, index) => value(index));
  return {
    'a noisy level': make(600, () => 20 + random()),
    'a constant': make(300, () => 5),
    'a constant zero': make(300, () => 0),
    'negative zero': make(200, () => -0),
    'a step': make(400, (index) => (index < 250 ? 3 : 300) + random()),
    'a step of a constant': make(400, (index) => (index < 250 ? 0 : 1)),
    'a ramp': make(400, (index) => index / 10 + random()),
    'a daily wave': make(600, (index) => 10 * Math.sin(index / 20) + random()),
    'huge values': make(300, (index) => (index % 3 === 0 ? 1e308 : -1e308)),
    'a constant at the end of the scale': make(200, () => Number.MAX_VALUE),
    'a spike to the end of the scale': make(300, (index) => (index === 200 ? 1e308 : random())),
    denormals: make(300, (index) => (index % 5) * 5e-324 * (index % 2 === 0 ? 1 : -1)),
    'a level far above its noise': make(300, () => 1e15 + random()),
  };
}

type Judgement = Omit<WatchedReading, 'at' | 'value'>;

const judgements: readonly Judgement[] = [
  { bar: 1, stretchBar: 2, open: false },
  { bar: 4, stretchBar: 3, open: true },
  { bar: 9.7, stretchBar: 7, open: false },
  { bar: 3, stretchBar: 1, open: false },
];
const judgement = (index: number): Judgement =>
  judgements[index % judgements.length] ?? { bar: 1, stretchBar: 1, open: false };

interface AtWork {
  readonly detector: BoundDetector;
  readonly memory: Memory;
}

/** A detector on a memory of its own, as of a signal never seen. */
export function atWork(kind: DetectorKind, params: Readonly<Record<string, unknown>>): AtWork {
  const memory = {
    cells: new Float64Array(kind.size.cells).fill(7),
    starts: new Float64Array(kind.size.starts).fill(7),
  };
  const detector = kind.bind(params, memory);
  detector.init();
  return { detector, memory };
}

/** What a detector said, for keeps. */
export function kept(score: Score): Score {
  return { ...score, stretch: score.stretch && { ...score.stretch } };
}

const numbersOf = ({ cells, starts }: Memory): number[] => [...cells, ...starts];

/** All that lives on is text; what lay there before was another signal's. */
function restore({ cells, starts }: Memory): void {
  for (const numbers of [cells, starts]) {
    const text = JSON.stringify([...numbers]);
    numbers.fill(Number.NaN);
    numbers.set(JSON.parse(text));
  }
}

/** What every detector owes, whatever it looks for. `params` are ones that it accepts. */
export function detectorContract(kind: DetectorKind, params: Readonly<Record<string, unknown>>): void {
  function run(values: readonly number[], between: (memory: Memory) => void = () => undefined): Score[] {
    const { detector, memory } = atWork(kind, params);
    return values.map((value, index) => {
      between(memory);
      return kept(detector.update({ at: at(index), value, ...judgement(index) }));
    });
  }

  describe(`${kind.kind}: the detector contract`, () => {
    it('accepts its parameters and names every one that it does not know', () => {
      expect(kind.check(params)).toEqual([]);
      expect(kind.check({ ...params, nonsense: 1, more: 2 })).toHaveLength(2);
    });

    it.each(Object.entries(streams()))(
      '%s: finite scores, a band that agrees with them, a memory of finite numbers',
      (_, values) => {
        const { detector, memory } = atWork(kind, params);
        for (const [index, value] of values.entries()) {
          const score = detector.update({ at: at(index), value, ...judgement(index) });
          if (score.status === 'scored') {
            expectSound(score, value, judgement(index));
            expectLooks(kind, score);
          }
          expect(numbersOf(memory).every(Number.isFinite)).toBe(true);
        }
      },
    );

    it.each(Object.entries(streams()))(
      '%s: restored from JSON before every reading, not one score changes',
      (_, values) => {
        expect(run(values, restore)).toEqual(run(values));
      },
    );

    it('scores any finite numbers soundly, the same each time', () => {
      const value = fc.double({ noNaN: true, noDefaultInfinity: true });
      fc.assert(
        fc.property(fc.array(value, { minLength: 70, maxLength: 140 }), (values) => {
          const scores = run(values);
          for (const [index, score] of scores.entries()) {
            if (score.status === 'scored') expectSound(score, values[index] ?? 0, judgement(index));
          }
          expect(run(values)).toEqual(scores);
        }),
        { numRuns: 60 },
      );
    });

    it('does not look ahead', () => {
      const values = streams()['a daily wave'] ?? [];
      expect(run(values.slice(0, 300))).toEqual(run(values).slice(0, 300));
    });

    it('warms up once, within a thousand readings', () => {
      const random = noise(3);
      const statuses = run(Array.from({ length: 1000 }, random)).map((score) => score.status);
      const scored = statuses.indexOf('scored');
      expect(scored).toBeGreaterThanOrEqual(0);
      expect(statuses.slice(scored)).not.toContain('warming-up');
    });

    it('remembers at most 2 KB, and what it needs to start only until it has started', () => {
      const random = noise(11);
      const { detector, memory } = atWork(kind, params);
      const reading = (index: number) => ({ at: at(index), value: random(), ...judgement(index) });
      for (let index = 0; index < 1000; index += 1) detector.update(reading(index));
      expect(memory.cells.byteLength).toBeLessThanOrEqual(bytesMax);
      expect(memory.starts.every((number) => number === 0)).toBe(true);
    });
  });
}

function expectLooks({ looks }: DetectorKind, { score, low, high, stretch }: Score): void {
  if (looks === 'stretches') expect({ score, low, high }).toEqual({ score: 0, ...boundless });
  if (looks === 'readings') expect(stretch).toBeUndefined();
}

function expectSound(score: Score, value: number, { bar, stretchBar }: Judgement): void {
  expectBand(score, value, bar);
  if (!score.stretch) return;
  expectBand(score.stretch, score.stretch.value, stretchBar);
  expect(score.stretch.count).toBeGreaterThanOrEqual(1);
  expect(score.stretch.since).toBeLessThanOrEqual(at(1e6));
  expect(Number.isFinite(score.stretch.value)).toBe(true);
}

function expectBand(judged: Judged, value: number, bar: number): void {
  for (const number of [judged.score, judged.low, judged.high, judged.expected]) {
    if (!Number.isFinite(number)) throw new Error(`not finite: ${JSON.stringify(judged)}`);
  }
  expect(judged.score).toBeGreaterThanOrEqual(0);
  expect(judged.score).toBeLessThanOrEqual(scoreMax);
  expect(judged.low).toBeLessThanOrEqual(judged.expected);
  expect(judged.high).toBeGreaterThanOrEqual(judged.expected);
  expect(value >= judged.low && value <= judged.high).toBe(judged.score <= bar);
}
