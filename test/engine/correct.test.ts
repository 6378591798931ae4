import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparePositions,
  type DaySnapshot,
  Engine,
  type EngineOutput,
  isBehind,
  type Position,
  type Snapshot,
  type Uncorrected,
} from '../../src/engine/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { Catalogue, type ProductPack } from '../../src/product/index.ts';
import { deviceFacts, type Report, type SignalValue } from '../../src/telemetry/index.ts';
import { minute, pack, start } from './fixture.ts';

const source = `
product: fridge
title: Fridge
reports: {every: 1m, silentAfter: 10m}
signals:
  temp: {kind: gauge, unit: Cel, range: [-40, 60], maxAge: 30m}
  hum: {kind: gauge, unit: "%", watch: [{kind: level, failureMode: seal}]}
  starts: {kind: counter}
derived:
  hour_mean: {is: 'avg(temp, "1h")'}
failureModes:
  warm: {title: Too warm, severity: major}
  seal: {title: Worn seal, severity: minor}
  worn: {title: Worn relay}
faultCodes:
  E1: {title: Sensor open, failureMode: warm}
rules:
  - {id: warm, when: 'temp > 8.0', for: 5m, failureMode: warm}
  - {id: mean, when: 'avg(temp, "10m") > 7.0', clear: 'avg(temp, "10m") < 5.0', clearFor: 3m, failureMode: warm}
  - {id: many, when: 'count(temp > 9.0, "20m") >= 3.0', failureMode: warm}
  - {id: busy, when: 'rate(starts, "15m") * 60.0 > 2.0', for: 2m, failureMode: worn}
  - {id: rising, when: 'slope(temp, "2h") > 0 && median(temp, "2h") > 7 && hour < 20', failureMode: worn}
  - {id: jump, when: 'temp - previous(temp) > 3 || temp - ago(temp, "20m") > 4', failureMode: worn}
  - {id: lasting, when: 'held(temp > 6) > duration("15m")', escalate: {major: hour_mean > 8, critical: temp > 11}}
  - {id: after, when: 'since(hum > 50) < duration("40m") && delta(starts, "1h") > 3'}
  - {id: roof, when: 'site == "roof" && spread(temp, "30m") > 2', clear: 'sum(temp, "30m") < 20'}
`;

const publication = { type: 'pack-published', at: start, product: 'fridge', file: 'fridge.yaml' } as const;

/** Each has something that the one before it has not, or in another way; those with silent() take over with a tick. */
function sourceOf(version: number): string {
  const quiet = version % 2 === 0 ? '  - {id: quiet, when: silent(), failureMode: worn}\n' : '';
  const lines = source.replace('temp > 8.0', `temp > ${8 - (version % 3)}.0`).split('\n');
  const isOut = (line: string) => version % 3 === 0 && /id: (?:jump|many)/.test(line);
  return lines.filter((line) => !isOut(line)).join('\n') + quiet;
}

const parsed = new Map<string, ProductPack>();

function readPack(_: string, text: string): ProductPack {
  const known = parsed.get(text) ?? pack(text);
  parsed.set(text, known);
  return known;
}

interface Sample {
  readonly minuteAt: number;
  readonly signals: Record<string, SignalValue>;
  readonly fault?: boolean;
}

/** One device whose reports come in any order; corrections are made when asked for, as a tick does. */
class Device {
  readonly out: EngineOutput & { snapshots: DaySnapshot[]; uncorrected: Uncorrected[] } = {
    findings: [],
    bands: [],
    touched: new Set(),
    snapshots: [],
    uncorrected: [],
  };
  #engine: Engine;
  readonly #catalogue = new Catalogue(readPack);
  readonly #reports: Report[] = [];
  #days = new Map<number, DaySnapshot>();
  #newest = Number.NEGATIVE_INFINITY;
  #offset = 2;

  constructor() {
    const place = { site: 'roof', timezone: 'Europe/Berlin' };
    const facts = [
      { ...publication, version: 1, source },
      {
        type: 'device-registered',
        at: start,
        device: deviceFacts({ id: 'd1', product: 'fridge', ...place }),
      },
    ] as const;
    this.#engine = new Engine(this.#catalogue);
    for (const [offset, fact] of facts.entries()) {
      this.#catalogue.apply(fact);
      this.#engine.step({ kind: 'fact', offset, fact }, this.out);
    }
  }

  report({ minuteAt, signals, fault }: Sample): void {
    const at = start + minuteAt * minute;
    const report: Report = {
      device: 'd1',
      product: 'fridge',
      offset: this.#offset++,
      index: 0,
      at,
      receivedAt: start + this.#offset * minute,
      rawAt: undefined,
      boot: undefined,
      seq: undefined,
      firmware: undefined,
      signals,
      faults: fault === undefined ? [] : [{ code: 'E1', active: fault }],
    };
    this.#reports.push(report);
    this.#engine.step({ kind: 'report', report, judged: at >= this.#newest }, this.out);
    this.#newest = Math.max(this.#newest, at);
    this.#keepDays();
  }

  correct(): void {
    for (const { device, position, base } of [...this.#engine.late()]) {
      const from = base ?? this.#dayBefore(position);
      const reports = this.#reports.filter((report) => isBehind(report, from?.position)).sort(comparePositions);
      const rejudging = { device, base: from, reports, now: start + this.#offset * minute };
      Array.from(this.#engine.correct(rejudging, this.out));
      this.#keepDays();
    }
  }

  /** A version of the pack comes into force. */
  publish(version: number): void {
    const fact = { ...publication, version, source: sourceOf(version) };
    this.#catalogue.apply(fact);
    this.#engine.step({ kind: 'fact', offset: this.#offset++, fact }, this.out);
  }

  /** Service time is noticed; the device is never silent for long enough. */
  tick(): void {
    this.#engine.step({ kind: 'tick', offset: this.#offset++, at: start + this.#offset * minute }, this.out);
    this.#keepDays();
  }

  retire(): void {
    const fact = { type: 'device-retired', at: start, id: 'd1' } as const;
    this.#catalogue.apply(fact);
    this.#engine.step({ kind: 'fact', offset: this.#offset++, fact }, this.out);
  }

  /** The device stands elsewhere from now on. */
  move(site: string): void {
    const fact = { type: 'device-changed', at: start, id: 'd1', changes: { site } } as const;
    this.#catalogue.apply(fact);
    this.#engine.step({ kind: 'fact', offset: this.#offset++, fact }, this.out);
  }

  /** As a crash does: what was not saved is gone. */
  restart(): void {
    const text = this.#engine.snapshot('d1');
    this.#engine = new Engine(this.#catalogue);
    if (text !== undefined) this.#engine.restore('d1', text);
  }

  /** The standing findings, by the fold of the events. */
  standing() {
    const folded = new Map<string, FindingEvent>();
    for (const event of this.out.findings) folded.set(event.finding, event);
    const rows = [...folded.values()].filter(({ state }) => state !== 'retracted');
    return rows
      .map(({ source: by, state, startsAt, openedAt, endsAt, severity }) => ({
        by,
        severity: state === 'cleared' ? null : severity,
        open: state !== 'cleared',
        from: (startsAt - start) / minute,
        opened: (openedAt - start) / minute,
        to: endsAt === undefined ? null : (endsAt - start) / minute,
      }))
      .sort((a, b) => a.opened - b.opened || (a.by < b.by ? -1 : 1));
  }

  /** What the engine goes on with, but for names of findings and for what goes by arrival. */
  state(): unknown {
    const { rules, memory, judgedTo } = JSON.parse(this.#engine.snapshot('d1') ?? '{}');
    return { rules, memory, at: judgedTo?.at };
  }

  uncorrected(): number {
    return this.#engine.uncorrected('d1');
  }

  /** Snapshots go, as those do that are too old. */
  forget(): void {
    this.restart();
    this.#days.clear();
  }

  #dayBefore(position: Position): Snapshot | undefined {
    const days = [...this.#days.values()].sort((a, b) => b.day - a.day);
    return days.find((day) => isBehind(position, day.position));
  }

  #keepDays(): void {
    for (const snapshot of this.out.snapshots.splice(0)) this.#days.set(snapshot.day, snapshot);
  }
}

function run(samples: readonly Sample[]): Device {
  const device = new Device();
  for (const sample of samples) device.report(sample);
  device.correct();
  return device;
}

const temps = (from: number, values: readonly number[]): Sample[] =>
  values.map((temp, index) => ({ minuteAt: from + index, signals: { temp } }));

describe('a report that comes late', () => {
  it('withdraws a finding with the reading that shows why', () => {
    const device = new Device();
    for (const sample of [...temps(0, [4, 4, 9, 9]), ...temps(5, [9, 9, 9, 9])]) device.report(sample);
    const before = device.out.findings.filter(({ source: by }) => by === 'rule:warm');
    expect(before).toMatchObject([{ state: 'raised', startsAt: start + 2 * minute, openedAt: start + 7 * minute }]);
    device.report({ minuteAt: 4, signals: { temp: 5 } });
    device.correct();
    const after = device.out.findings.filter(({ source: by }) => by === 'rule:warm');
    expect(after.at(-1)).toMatchObject({
      state: 'retracted',
      finding: before[0]?.finding,
      explanation:
        'At 12:04 UTC temp was 5\u2009°C, says a report that came late. With it, the condition did not hold.',
      evidence: [{ signal: 'temp', value: 5, at: start + 4 * minute }],
    });
  });

  it('moves a finding to where it truly began, under its name', () => {
    const device = new Device();
    for (const sample of [...temps(0, [4, 4]), ...temps(5, [9, 9, 9, 9, 9, 9, 9])]) device.report(sample);
    const [raised] = device.out.findings.filter(({ source: by }) => by === 'rule:warm');
    expect(raised).toMatchObject({ startsAt: start + 5 * minute, openedAt: start + 10 * minute });
    device.report({ minuteAt: 3, signals: { temp: 9 } });
    device.correct();
    const moved = device.out.findings.findLast(({ source: by }) => by === 'rule:warm');
    expect(moved).toMatchObject({
      id: `${raised?.finding}#1`,
      state: 'updated',
      correction: 'moved',
      startsAt: start + 3 * minute,
      openedAt: start + 8 * minute,
    });
  });

  it('ends a finding later than was thought', () => {
    const device = new Device();
    for (const sample of [...temps(0, [9, 9, 9, 9, 9, 9]), ...temps(10, [4, 4])]) device.report(sample);
    expect(device.standing()).toContainEqual({
      by: 'rule:warm',
      severity: null,
      open: false,
      from: 0,
      opened: 5,
      to: 10,
    });
    device.report({ minuteAt: 8, signals: { temp: 9 } });
    device.report({ minuteAt: 9.5, signals: { temp: 4 } });
    device.correct();
    expect(device.standing()).toContainEqual({
      by: 'rule:warm',
      severity: null,
      open: false,
      from: 0,
      opened: 5,
      to: 9.5,
    });
    expect(device.out.findings.at(-1)).toMatchObject({ correction: expect.any(String) });
  });

  it('opens what nobody had seen', () => {
    const device = new Device();
    for (const sample of [...temps(0, [4]), ...temps(12, [4, 4])]) device.report(sample);
    expect(device.standing()).toEqual([]);
    for (const sample of temps(1, [9, 9, 9, 9, 9, 9])) device.report(sample);
    device.correct();
    expect(device.standing()).toContainEqual({
      by: 'rule:warm',
      severity: null,
      open: false,
      from: 1,
      opened: 6,
      to: 12,
    });
  });

  it('is judged by where the device stood when it was sent', () => {
    const device = new Device();
    for (const sample of temps(0, [4, 4, 4, 4])) device.report(sample);
    device.move('cellar');
    for (const sample of temps(10, [4, 4, 4, 4])) device.report(sample);
    device.report({ minuteAt: 2.5, signals: { temp: 9 } });
    device.correct();
    const roof = () => device.out.findings.filter(({ source: by }) => by === 'rule:roof');
    expect(roof()).toMatchObject([{ state: 'raised', openedAt: start + 2.5 * minute }]);
    device.report({ minuteAt: 12.5, signals: { temp: 20 } });
    device.correct();
    expect(roof()).toHaveLength(1);
  });

  it('is judged under the version of then also when a tick brought the next one', () => {
    const device = new Device();
    for (const one of temps(0, [9, 9, 9, 9, 9, 9, 9])) device.report(one);
    device.publish(2);
    device.tick();
    const warm = () => device.standing().filter(({ by }) => by === 'rule:warm');
    const told = { by: 'rule:warm', severity: null, open: false, from: 0, opened: 5 };
    expect(warm()).toEqual([{ ...told, to: 6 }]);
    for (const one of temps(2 * 24 * 60, [4, 4])) device.report(one);
    for (const one of temps(7, [9, 9])) device.report(one);
    device.correct();
    expect(warm()).toEqual([{ ...told, to: 8 }]);
    for (const one of temps(7.5, [4])) device.report(one);
    device.correct();
    expect(warm()).toEqual([{ ...told, to: 7.5 }]);
  });

  it('is stored and told when the version of then is kept no more, or nothing is known of before', () => {
    const device = new Device();
    for (const one of temps(0, [4, 9])) device.report(one);
    for (let version = 2; version <= 19; version += 1) device.publish(version);
    for (const one of temps(10, [4, 9, 9])) device.report(one);
    for (const one of temps(3, [9, 9, 9, 9, 9])) device.report(one);
    device.correct();
    expect(device.standing().filter(({ by }) => by === 'rule:warm')).toEqual([]);
    const told = { device: 'd1', reports: 5, at: start + 3 * minute, why: 'version-forgotten' };
    expect(device.out.uncorrected).toEqual([told]);
    expect(device.uncorrected()).toBe(5);
    device.forget();
    for (const one of temps(11.5, [9, 9])) device.report(one);
    device.correct();
    expect(device.out.uncorrected[1]).toMatchObject({ reports: 1, why: 'nothing-known-before' });
    device.restart();
    expect(device.uncorrected()).toBe(6);
  });

  it('opens nothing of a device that was retired', () => {
    const device = new Device();
    for (const one of temps(0, [9, 9, 9, 9, 9, 9, 9])) device.report(one);
    for (const one of temps(5.5, [9])) device.report(one);
    device.retire();
    const told = device.out.findings.length;
    device.correct();
    expect(device.out.findings).toHaveLength(told);
    expect(device.out.uncorrected).toMatchObject([{ reports: 1, why: 'retired' }]);
  });

  it('may show that it was worse than was thought, or better', () => {
    const device = new Device();
    for (const sample of temps(0, [7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])) device.report(sample);
    const lasting = () => device.out.findings.filter(({ source: by }) => by === 'rule:lasting');
    expect(lasting()).toMatchObject([{ state: 'raised', severity: 'minor' }]);
    device.report({ minuteAt: 4.5, signals: { temp: 50 } });
    device.correct();
    expect(lasting()).toMatchObject([{ severity: 'minor' }, { state: 'updated', severity: 'major' }]);
    expect(lasting()[1]?.correction).toBe(undefined);
    device.report({ minuteAt: 18.5, signals: { temp: 7 } });
    device.correct();
    expect(lasting()).toHaveLength(2);
  });

  it('changes nothing when it says what was held already', () => {
    const device = new Device();
    for (const sample of [...temps(0, [9, 9, 9, 9, 9, 9, 9, 9])]) device.report(sample);
    const before = device.standing();
    device.report({ minuteAt: 2.5, signals: { temp: 9 } });
    const told = device.out.findings.length;
    device.correct();
    expect({ standing: device.standing(), told: device.out.findings.length }).toEqual({ standing: before, told });
  });
});

const sample = (minuteAt: number) =>
  fc.record({
    minuteAt: fc.constant(minuteAt),
    signals: fc.record(
      {
        temp: fc.integer({ min: 3, max: 12 }),
        hum: fc.integer({ min: 40, max: 45 }).map((value) => (value === 45 ? 90 : value)),
        starts: fc.integer({ min: 0, max: 5 }).map((more) => minuteAt * 2 + more),
      },
      { requiredKeys: ['temp'] },
    ),
  });

/** Distinct minutes over three days, with gaps. */
const history = fc
  .uniqueArray(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 120 })
  .chain((minutes) => fc.tuple(...minutes.sort((a, b) => a - b).map(sample)));

it('ends where judging in order ends, whatever the order, with corrections and restarts in between', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.integer({ min: 0, max: 30 })), (samples, moves) => {
      const inOrder = run(samples);
      const shuffled = [...samples]
        .map((item, index) => ({ item, key: index + (moves.next().value ?? 0) }))
        .sort((a, b) => a.key - b.key);
      const device = new Device();
      for (const { item, key } of shuffled) {
        device.report(item);
        if (key % 7 === 0) device.correct();
        if (key % 31 === 0) device.restart();
      }
      device.correct();
      expect(device.standing()).toEqual(inOrder.standing());
      expect(device.state()).toEqual(inOrder.state());
    }),
    { numRuns: 200 },
  );
}, 60_000);

/** What happens while reports come, before the report that comes at a place. */
const turn = fc.constantFrom('publish', 'tick', 'move', 'correct', 'restart');
const course = fc.array(fc.tuple(turn, fc.nat()), { minLength: 1, maxLength: 20 });

/** Some hours of reports, closer together or further apart. */
const hours = fc
  .tuple(fc.constantFrom(1, 7), fc.uniqueArray(fc.integer({ min: 0, max: 240 }), { minLength: 1, maxLength: 60 }))
  .chain(([apart, minutes]) => fc.tuple(...minutes.sort((a, b) => a - b).map((at) => sample(at * apart))));

it('judges each report by what held when the one before it came, whatever was published and changed meanwhile', () => {
  fc.assert(
    fc.property(hours, course, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (samples, turns, moves) => {
      const arrived = [...samples]
        .map((item, index) => ({ item, key: index + (moves.next().value ?? 0) }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item);
      const before = arrived.map((_, place) => turns.filter(([, at]) => at % arrived.length === place));
      const device = new Device();
      const inOrder = new Device();
      const takeTurn = (of: Device, [kind, seed]: readonly [string, number], number: number) => {
        if (kind === 'publish') of.publish(number + 2);
        if (kind === 'move') of.move(seed % 3 === 0 ? 'roof' : 'cellar');
        if (kind === 'tick') of.tick();
        if (of === device && kind === 'correct') of.correct();
        if (of === device && kind === 'restart') of.restart();
      };
      const numbered = before.flatMap((own, place) => own.map((one) => ({ one, place })));
      let newest = Number.NEGATIVE_INFINITY;
      const onTime = new Map<Sample, number>();
      for (const [place, item] of arrived.entries()) {
        for (const [number, { one, place: own }] of numbered.entries())
          if (own === place) takeTurn(device, one, number);
        if (item.minuteAt >= newest) onTime.set(item, place);
        newest = Math.max(newest, item.minuteAt);
        device.report(item);
      }
      device.correct();
      let taken = 0;
      const catchUp = (to: number) => {
        for (let next = numbered[taken]; next && next.place <= to; next = numbered[++taken]) {
          takeTurn(inOrder, next.one, taken);
        }
      };
      // Before the first report that came nothing held but what held for it.
      catchUp(0);
      for (const item of samples) {
        catchUp(onTime.get(item) ?? -1);
        inOrder.report(item);
      }
      catchUp(arrived.length);
      expect(device.standing()).toEqual(inOrder.standing());
      expect(device.state()).toEqual(inOrder.state());
    }),
    { numRuns: 60 },
  );
}, 60_000);
