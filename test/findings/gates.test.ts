import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fixedGate,
  type GateParams,
  type GatesChange,
  gatesAt,
  gatesCells,
  gatesInit,
  gatesOpen,
  gatesStep,
  type LookScores,
  learnedGate,
  readingBar,
  stretchBar,
} from '../../src/findings/index.ts';

const start = 1_400_000_000_000;
const at = (index: number): number => start + index * 60_000;

type Steps = readonly (GatesChange | undefined)[];

function run(params: GateParams, scores: readonly LookScores[], restored = false) {
  const looks = scores.some(({ stretch }) => stretch) ? 'both' : 'readings';
  const cells = new Float64Array(gatesCells(looks));
  const state = gatesAt(cells, 0, looks);
  gatesInit(params, state);
  const steps: Steps = scores.map((score, index) => {
    if (restored) {
      const text = JSON.stringify([...cells]);
      cells.fill(Number.NaN);
      cells.set(JSON.parse(text));
    }
    return gatesStep(params, state, at(index), score);
  });
  return { steps, cells, bars: [readingBar(state), stretchBar(state)], open: gatesOpen(state) };
}

const changes = ({ steps }: { readonly steps: Steps }): string[] =>
  steps.flatMap((step, index) =>
    step === undefined ? [] : [step.change === 'opened' ? `opened ${index} by ${step.look}` : `closed ${index}`],
  );

const constant = (length: number, reading: number, stretch: number | undefined): LookScores[] =>
  Array.from({ length }, () => ({
    model: 0,
    score: reading,
    stretch: stretch === undefined ? undefined : { score: stretch, count: 32 },
  }));

const score = fc.oneof(fc.double({ min: 0, max: 12, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }));
const anyScores = fc
  .array(fc.record({ reading: score, stretch: score, length: fc.integer({ min: 1, max: 90 }) }), { maxLength: 30 })
  .map((runs) => runs.flatMap(({ reading, stretch, length }) => constant(length, reading, stretch)));

describe('the gates of two looks', () => {
  const quiet = constant(500, 0.7, 0.7);

  it('open one finding whichever look sees it, and say which', () => {
    const byReading = run(learnedGate, [...quiet, ...constant(10, 50, 0), ...quiet]);
    expect(changes(byReading)).toEqual(['opened 500 by reading', 'closed 514']);
    const byStretch = run(learnedGate, [...quiet, ...constant(10, 0, 50), ...quiet]);
    expect(changes(byStretch)).toEqual(['opened 500 by stretch', 'closed 514']);
    expect(byStretch.steps[500]).toMatchObject({ startsAt: at(500) });
  });

  it('keep it open while one of them is, and end it where the last one calmed', () => {
    // The stretch follows later than a rest after the opening, so that its gate may open too.
    const event = [...constant(61, 50, 0), ...constant(20, 50, 50), ...constant(30, 0, 50)];
    const ran = run(learnedGate, [...quiet, ...event, ...quiet]);
    expect(changes(ran)).toEqual(['opened 500 by reading', 'closed 615']);
    expect(ran.steps[615]).toMatchObject({ endsAt: at(611) });
  });

  it('make one finding of an event that the stretch sees after the readings', () => {
    const event = [...constant(10, 50, 0), ...constant(20, 50, 50), ...constant(30, 0, 50)];
    expect(changes(run(learnedGate, [...quiet, ...event, ...quiet]))).toHaveLength(2);
  });

  it('make no second finding of an event that is over but still in the stretch', () => {
    const event = [...constant(10, 50, 0), ...constant(30, 50, 50), ...constant(31, 0, 50)];
    expect(changes(run(learnedGate, [...quiet, ...event, ...quiet]))).toEqual(['opened 500 by reading', 'closed 544']);
  });

  it('make do with one look where there are only readings', () => {
    const readings = [...constant(3, 0, undefined), ...constant(3, 2, undefined), ...constant(3, 0, undefined)];
    const ran = run(fixedGate(1), readings);
    expect(changes(ran)).toEqual(['opened 3 by reading', 'closed 8']);
    expect(ran.bars).toEqual([1, 1]);
  });

  it('open and close in turn, rest between, and go on from JSON as if never stopped', () => {
    fc.assert(
      fc.property(anyScores, (scores) => {
        const ran = run(learnedGate, scores);
        let open = false;
        let openedAt = Number.NEGATIVE_INFINITY;
        for (const [index, step] of ran.steps.entries()) {
          if (step === undefined) continue;
          expect(step.change).toBe(open ? 'closed' : 'opened');
          open = !open;
          if (step.change === 'closed') expect(step.endsAt).toBeGreaterThanOrEqual(openedAt);
          else {
            expect(at(index) - openedAt).toBeGreaterThanOrEqual(60 * 60_000);
            openedAt = at(index);
          }
        }
        expect(ran.open).toBe(open);
        expect(run(learnedGate, scores, true)).toEqual(ran);
      }),
      { numRuns: 60 },
    );
  });
});
