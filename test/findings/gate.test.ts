import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fixedGate,
  type GateParams,
  gateAt,
  gateBar,
  gateCells,
  gateEndsAt,
  gateInit,
  gateStartsAt,
  gateStep,
  learnedGate,
} from '../../src/findings/gate.ts';

const minute = 60_000;
const start = 1_400_000_000_000;
const at = (index: number): number => start + index * minute;

interface Step {
  readonly change: 'opened' | 'closed' | undefined;
  readonly beyond: boolean;
  readonly startsAt: number;
  readonly endsAt: number;
}

interface Ran {
  readonly steps: readonly Step[];
  readonly bars: readonly number[];
  /** That the next score would be held against. */
  readonly bar: number;
}

function run(params: GateParams, scores: readonly number[], restored = false): Ran {
  const cells = new Float64Array(gateCells);
  const state = gateAt(cells, 0);
  gateInit(params, state);
  const bars: number[] = [];
  const steps = scores.map((score, index): Step => {
    if (restored) {
      const text = JSON.stringify([...cells]);
      cells.fill(Number.NaN);
      cells.set(JSON.parse(text));
    }
    bars.push(gateBar(state));
    const step = gateStep(params, state, at(index), score);
    const change = step === 'opened' || step === 'closed' ? step : undefined;
    const beyond = step === 'opened' || step === 'loud';
    return { change, beyond, startsAt: gateStartsAt(state), endsAt: gateEndsAt(state) };
  });
  return { steps, bars, bar: gateBar(state) };
}

const changes = ({ steps }: Ran): string[] =>
  steps.flatMap((step, index) => (step.change === undefined ? [] : [`${step.change} ${index}`]));

const count = (ran: Ran, change: 'opened' | 'closed'): number =>
  ran.steps.filter((step) => step.change === change).length;

/** Scores as a normal signal gives them: |z| of a repeatable sequence. */
function calm(length: number): number[] {
  let state = 5;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length }, () => Math.abs(uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3));
}

const constant = (length: number, score: number): number[] => Array<number>(length).fill(score);

/** Any stream of scores, with stretches that stay. */
const anyScores = fc
  .array(
    fc.record({
      score: fc.oneof(fc.double({ min: 0, max: 12, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true })),
      length: fc.integer({ min: 1, max: 90 }),
    }),
    { maxLength: 30 },
  )
  .map((runs) => runs.flatMap(({ score, length }) => constant(length, score)));

describe('a learned gate', () => {
  const quiet = calm(500);
  /** Beyond the bar after the quiet, but not far enough to open by itself. */
  const high = run(learnedGate, quiet).bar * 1.7;

  it('opens one finding for one event, however long, with the time at which it began', () => {
    for (const length of [2, 10, 80, 400]) {
      const ran = run(learnedGate, [...quiet, ...constant(length, high), ...calm(400)]);
      expect(changes(ran)).toEqual(['opened 501', `closed ${500 + length + 4}`]);
      expect(ran.steps[501]).toMatchObject({ startsAt: at(500) });
      expect(ran.steps[500 + length + 4]).toMatchObject({ endsAt: at(500 + length) });
    }
  });

  it('leaves a single score beyond the bar alone, unless it is far beyond', () => {
    expect(changes(run(learnedGate, [...quiet, high, ...calm(100)]))).toEqual([]);
    expect(changes(run(learnedGate, [...quiet, high * 1.5, ...calm(100)]))[0]).toBe('opened 500');
  });

  it('counts two of three', () => {
    expect(changes(run(learnedGate, [...quiet, high, 0, high, ...calm(100)]))[0]).toBe('opened 502');
    expect(changes(run(learnedGate, [...quiet, high, 0, 0, high, ...calm(100)]))).toEqual([]);
  });

  it('does not close for a lull', () => {
    const flapping = Array.from({ length: 60 }, (_, index) => (index % 5 < 2 ? 12 : 0));
    expect(count(run(learnedGate, [...quiet, ...flapping, ...calm(200)]), 'opened')).toBe(1);
  });

  it('opens nothing until it has heard its own scores', () => {
    expect(changes(run(learnedGate, constant(64, 1e6)))).toEqual([]);
  });

  it('raises its bar with an alarm and takes it down again', () => {
    const before = run(learnedGate, calm(2000)).bar;
    const after = run(learnedGate, [...calm(2000), 20, 20, ...calm(30)]).bar;
    const later = run(learnedGate, [...calm(2000), 20, 20, ...calm(6000)]).bar;
    expect(after).toBeGreaterThan(before * 1.03);
    expect(later).toBeLessThan(after);
  });

  it('keeps about its budget on scores of a normal signal, and fewer when fewer are asked for', () => {
    const scores = calm(20_000);
    const some = count(run(learnedGate, scores), 'opened');
    const few = count(run({ ...learnedGate, budget: { kind: 'year', findings: 1 } }, scores), 'opened');
    expect(some).toBeLessThanOrEqual(10);
    expect(few).toBeLessThanOrEqual(some);
    const bar = run({ ...learnedGate, budget: { kind: 'year', findings: 1 } }, calm(3000)).bar;
    expect(bar).toBeGreaterThan(run(learnedGate, calm(3000)).bar);
  });

  it('sets a bar for heavy tails that ordinary spikes stay below', () => {
    const spiky = calm(6000).map((score, index) => (index % 100 < 2 ? 15 + score : score));
    const late = run(learnedGate, spiky).steps.slice(3000);
    expect(late.filter((step) => step.change === 'opened').length).toBeLessThanOrEqual(3);
  });

  it('opens and closes in turn, rests between, and keeps a finite bar, whatever comes', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const ran = run(learnedGate, scores);
        let open = false;
        let openedAt = Number.NEGATIVE_INFINITY;
        for (const [index, step] of ran.steps.entries()) {
          const bar = ran.bars[index] ?? 0;
          expect(bar >= learnedGate.barMin && bar <= 1e4).toBe(true);
          expect(step.beyond).toBe((scores[index] ?? 0) > bar);
          if (step.change === undefined) continue;
          expect(step.change).toBe(open ? 'closed' : 'opened');
          open = !open;
          if (step.change === 'closed') {
            expect(step.endsAt).toBeGreaterThan(openedAt);
            expect(step.endsAt).toBeLessThanOrEqual(at(index));
          } else {
            expect(step.startsAt).toBeLessThanOrEqual(at(index));
            expect(step.startsAt).toBeGreaterThan(openedAt);
            expect(at(index) - openedAt).toBeGreaterThanOrEqual(60 * minute);
            openedAt = at(index);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('restored from JSON before every score, nothing changes', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        expect(run(learnedGate, scores, true)).toEqual(run(learnedGate, scores));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a fixed gate', () => {
  it('opens with the first score beyond its bar and closes with the first of three that are not', () => {
    const ran = run(fixedGate(1), [0, 1, 1.1, 0.5, 0.5, 3, 0.5, 1, 0, 0]);
    expect(changes(ran)).toEqual(['opened 2', 'closed 8']);
    expect(ran.steps[2]).toMatchObject({ startsAt: at(2) });
    expect(ran.steps[8]).toMatchObject({ endsAt: at(6) });
  });

  it('never moves its bar and never rests', () => {
    const ran = run(fixedGate(1), [2, 0, 0, 0, 2, 0, 0, 0, 2]);
    expect(count(ran, 'opened')).toBe(3);
    expect(new Set(ran.bars)).toEqual(new Set([1]));
  });
});
