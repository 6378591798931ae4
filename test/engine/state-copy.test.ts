import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  comparePositions,
  type DaySnapshot,
  Engine,
  type EngineInput,
  type EngineOutput,
  isBehind,
  type Position,
  type StateCopy,
} from '../../src/engine/index.ts';
import { Catalogue, type ProductPack } from '../../src/product/index.ts';
import { deviceFacts, type Fact, type Report, type SignalValue } from '../../src/telemetry/index.ts';
import { minute, pack, start } from './fixture.ts';

/** Something of every kind that a state may hold; it is of its own parents' product, so that what it tells is kept. */
const source = `
product: fridge
title: Fridge
parent: fridge
reports: {every: 1m, silentAfter: 10m}
signals:
  temp: {kind: gauge, unit: Cel, range: [-40, 60], maxAge: 30m}
  hum: {kind: gauge, unit: "%", watch: [{kind: level, failureMode: worn}, {kind: stuck, failureMode: worn}]}
  mode: {kind: state, values: [idle, run]}
derived:
  mean: {is: 'avg(temp, "1h")'}
failureModes:
  warm: {title: Too warm, severity: major}
  worn: {title: Worn relay}
faultCodes:
  E1: {title: Sensor open, failureMode: warm}
rules:
  - {id: warm, when: 'temp > 6.0', for: 2m, failureMode: warm}
  - {id: windows, when: 'median(temp, "9m") > 7.0 && slope(temp, "5m") > 0', clear: 'max(temp, "3m") < 5'}
  - {id: past, when: 'temp > previous(temp) + 3 || temp > ago(temp, "6m") + 4 || mode != previous(mode)'}
  - {id: lasting, when: 'held(temp > 6) > duration("4m")', escalate: {major: mean > 8, critical: temp > 11}}
  - {id: placed, when: 'site == "roof" && spread(temp, "8m") > 2', failureMode: worn}
  - {id: quiet, when: silent(), for: 1m, failureMode: worn}
`;

const parsed = new Map<string, ProductPack>();

function readPack(_: string, version: string): ProductPack {
  const known = parsed.get(version) ?? pack(source.replace('temp > 6.0', `temp > ${6 + Number(version) / 8}`));
  parsed.set(version, known);
  return known;
}

/** A device in all weathers: what is kept of it is made text as it is taken, or when all is over. */
class Kept {
  readonly #atOnce: boolean;
  readonly #kept: (StateCopy | DaySnapshot)[] = [];
  readonly #out: EngineOutput & { snapshots: DaySnapshot[] } = {
    findings: [],
    bands: [],
    touched: new Set(),
    snapshots: [],
  };
  readonly #catalogue = new Catalogue(readPack);
  readonly #reports: Report[] = [];
  readonly #days: DaySnapshot[] = [];
  #engine = new Engine(this.#catalogue);
  #offset = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #version = 0;
  /** Service time. */
  now = start;

  constructor(atOnce: boolean) {
    this.#atOnce = atOnce;
    this.publish();
    this.fact({ type: 'device-registered', at: start, device: deviceFacts({ id: 'd1', product: 'fridge' }) });
  }

  publish(): void {
    this.#version += 1;
    const version = this.#version;
    const file = 'fridge.yaml';
    this.fact({ type: 'pack-published', at: start, product: 'fridge', version, file, source: `${version}` });
  }

  fact(fact: Fact): void {
    this.#catalogue.apply(fact);
    this.step({ kind: 'fact', offset: this.#offset, fact });
  }

  report(at: number, signals: Record<string, SignalValue>, code: string | undefined): void {
    const absent = { rawAt: undefined, boot: undefined, seq: undefined, firmware: undefined };
    const report = this.#engine.withParent({
      device: 'd1',
      product: 'fridge',
      offset: this.#offset,
      index: 0,
      at,
      receivedAt: this.now,
      ...absent,
      signals,
      faults: code === undefined ? [] : [{ code, active: at % 2 === 0 }],
    });
    this.#reports.push(report);
    this.step({ kind: 'report', report, judged: at >= this.#newest });
    this.#newest = Math.max(this.#newest, at);
  }

  correct(): void {
    for (const { device, position, base } of [...this.#engine.late()]) {
      const from = base ?? this.#dayBefore(position);
      const reports = this.#reports.filter((report) => isBehind(report, from?.position)).sort(comparePositions);
      Array.from(this.#engine.correct({ device, base: from, reports, now: this.now }, this.#out));
    }
    this.#take();
  }

  step(input: EngineInput): void {
    this.#engine.step(input, this.#out);
    this.#offset += 1;
    this.#take();
  }

  assist(): void {
    const at = this.now;
    this.step({ kind: 'assist', device: 'd1', offset: this.#offset, at, receivedAt: at, note: '' });
  }

  tick(): void {
    this.step({ kind: 'tick', offset: this.#offset, at: this.now });
  }

  restart(): void {
    const text = this.#engine.snapshot('d1');
    this.#engine = new Engine(this.#catalogue);
    if (text !== undefined) this.#engine.restore('d1', text);
    this.#take();
  }

  texts(): string[] {
    return this.#kept.map(({ text }) => text);
  }

  #take(): void {
    const copy = this.#engine.copy('d1');
    const taken = [...(copy ? [copy] : []), ...this.#out.snapshots.splice(0)];
    for (const one of taken) if ('day' in one) this.#days.push(one);
    if (this.#atOnce) for (const one of taken) expect(one.text).not.toBe('');
    this.#kept.push(...taken);
  }

  #dayBefore(position: Position): DaySnapshot | undefined {
    return this.#days.findLast((day) => isBehind(position, day.position));
  }
}

const readings = fc.record(
  {
    temp: fc.integer({ min: 0, max: 14 }),
    hum: fc.double({ min: 40, max: 44, noNaN: true }),
    mode: fc.constantFrom('idle', 'run'),
  },
  { requiredKeys: [] },
);
const history = fc.array(
  fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        what: fc.constant('report' as const),
        stepMs: fc.constantFrom(1, minute, minute, 2 * minute, 15 * minute, 20 * 60 * minute),
        /** Behind the newest, by so much. */
        lateMs: fc.constantFrom(0, 0, 0, 0, 90_000, 10 * minute),
        readings,
        code: fc.constantFrom(undefined, undefined, undefined, 'E1', 'E9'),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constantFrom('correct', 'tick', 'publish', 'move', 'assist', 'resume', 'restart', 'retire'),
        stepMs: fc.constantFrom(1, minute, 30 * minute),
      }),
    },
  ),
  { minLength: 20, maxLength: 120 },
);

function live(kept: Kept, steps: typeof history extends fc.Arbitrary<infer Steps> ? Steps : never): string[] {
  for (const one of steps) {
    kept.now += one.stepMs;
    if ('lateMs' in one) kept.report(kept.now - one.lateMs, one.readings, one.code);
    else if (one.what === 'correct') kept.correct();
    else if (one.what === 'tick') kept.tick();
    else if (one.what === 'publish') kept.publish();
    else if (one.what === 'assist') kept.assist();
    else if (one.what === 'resume') kept.step({ kind: 'resumed', at: kept.now });
    else if (one.what === 'restart') kept.restart();
    else if (one.what === 'retire') kept.fact({ type: 'device-retired', at: kept.now, id: 'd1' });
    else
      kept.fact({
        type: 'device-changed',
        at: kept.now,
        id: 'd1',
        changes: { site: kept.now % 2 ? 'roof' : 'cellar' },
      });
  }
  return kept.texts();
}

it('is the state as it was, whatever became of that before it is made text', () => {
  fc.assert(
    fc.property(history, (steps) => {
      expect(live(new Kept(false), steps)).toEqual(live(new Kept(true), steps));
    }),
    { numRuns: 60 },
  );
});
