import { describe, expect, it } from 'vitest';
import { formatProblem, type ProductPack, parsePack } from '../../src/product/index.ts';
import { compileRules, conditionChecker, readBack } from '../../src/rules/index.ts';
import type { Report, SignalValue } from '../../src/telemetry/index.ts';
import { minute, noon, reportAt } from './fixture.ts';

const checkers = { checkCondition: conditionChecker, checkWatch: () => [] };

function parse(source: string, packs?: ReadonlyMap<string, ProductPack>) {
  return parsePack({ file: 'p.yaml', source, packs, ...checkers });
}

function packOf(source: string, packs?: ReadonlyMap<string, ProductPack>): ProductPack {
  const { pack, problems } = parse(source, packs);
  if (pack === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return pack;
}

const room = packOf(`
product: room
title: Cold room
signals:
  temp: {title: Room temperature, unit: Cel, kind: gauge, maxAge: 10m}
  hum: {unit: "%", kind: gauge}
  door: {title: Door open, kind: state}
  mode: {kind: state, values: [cool, defrost]}
derived:
  lift: {is: temp - 4.0}
`);
const rooms = new Map([['room', room]]);

const sourceOf = (rule: string, head = 'parent: room\n') => `product: shelf
title: Shelf
${head}signals:
  temp: {title: Shelf temperature, unit: Cel, kind: gauge}
  fan: {title: Fan on, kind: state}
failureModes: {warm: {title: Too warm, severity: major}}
rules:
  - ${rule}
`;

const ruleOf = (when: string) => sourceOf(`{id: r, when: ${JSON.stringify(when)}, failureMode: warm}`);

describe('a condition on the parent', () => {
  it.each([
    [
      'temp > 8 && parent.temp > 8',
      'shelf temperature is above 8 °C and the room temperature of its parent is above 8 °C',
    ],
    ['temp > parent.temp', 'shelf temperature is above the room temperature of its parent'],
    ['temp - parent.temp > 2.5', '`temp - parent.temp` is above 2.5'],
    ['!parent.door', 'the door of its parent is not open'],
    ['parent.mode == "defrost"', 'the mode of its parent is defrost'],
    [
      'count(temp > parent.temp, "1h") >= 3',
      'the number of readings in 1 hour at which shelf temperature is above the room temperature of its parent is at or above 3',
    ],
    [
      'held(parent.door) > duration("5m")',
      'the time for which the door of its parent has been open is above 5 minutes',
    ],
  ])('%s', (when, words) => {
    const pack = packOf(ruleOf(when), rooms);
    expect(compileRules(pack, room).problems).toBe(undefined);
    expect(pack.rules.map((rule) => readBack(rule, pack, room))).toEqual([`When ${words}, opens 'Too warm' (major).`]);
  });

  it.each([
    ['parent.tmp > 8', "27: room has no signal 'tmp'; did you mean 'temp'?"],
    ['parent.lift > 8', "27: room sends no 'lift': it is calculated"],
    ['parent.mode > 8', "20: '>' does not go between a text and a number"],
    ['temp > parent.hum', "20: '>' needs one unit on both sides: Cel is not %"],
    ['parent > 8', '20: write parent.<signal>: what the parent of the device last told'],
    ['parent["temp"] > 8.0', '20: write parent.<signal>: what the parent of the device last told'],
    [
      'avg(parent.temp, "15m") > 8',
      "24: avg() takes the device's own readings; of its parent only the last value is known",
    ],
    [
      'count(parent.temp, "1h") > 8',
      "26: count() takes the device's own readings; of its parent only the last value is known",
    ],
    [
      'previous(parent.temp) > 8',
      "29: previous() takes the device's own readings; of its parent only the last value is known",
    ],
    [
      'age(parent.temp) > duration("5m")',
      "24: age() takes the device's own readings; of its parent only the last value is known",
    ],
  ])('%s is refused', (when, problem) => {
    expect(parse(ruleOf(when), rooms).problems?.map(formatProblem)).toEqual([`p.yaml:9:${problem}`]);
  });

  it('is checked as far as that goes without the pack of the parents', () => {
    const source = ruleOf('parent.whatever > 8 && avg(parent.temp, "15m") > 8');
    expect(parse(ruleOf('parent.whatever > 8')).problems).toBe(undefined);
    expect(parse(source).problems?.map(({ text }) => text)).toEqual([
      "avg() takes the device's own readings; of its parent only the last value is known",
    ]);
    const pack = packOf(ruleOf('parent.cabinet_temp > 8'));
    expect(pack.rules.map((rule) => readBack(rule, pack))).toEqual([
      "When the cabinet temp of its parent is above 8, opens 'Too warm' (major).",
    ]);
  });

  it('needs the product of the parents, which there must be', () => {
    const rule = '{id: r, when: parent.temp > 8.0, failureMode: warm}';
    expect(parse(sourceOf(rule, '')).problems?.map(formatProblem)).toEqual([
      "p.yaml:8:19: name the product of the devices' parents at the top of the pack first: parent: <product>",
    ]);
    expect(parse(sourceOf(rule, 'parent: rom\n'), rooms).problems?.map(formatProblem)).toEqual([
      "p.yaml:3:9: there is no sound pack of a product 'rom'; did you mean 'room'?",
    ]);
    expect(parse(sourceOf(rule, 'parent: The Room\n')).problems?.map(({ text }) => text)).toEqual([
      "'The Room' is not a product id: use lower-case letters, digits and -, beginning with a letter",
    ]);
    expect(parse(sourceOf(rule, 'parent: shelf\n'), rooms).problems).toBe(undefined);
  });

  it('has no place in a calculated signal', () => {
    const source = `${sourceOf('{id: r, when: lift > 1.0}')}derived: {lift: {is: temp - parent.temp}}\n`;
    expect(parse(source, rooms).problems?.map(formatProblem)).toEqual([
      "p.yaml:10:29: a calculated signal is made of the device's own; ask for the parent's in the condition itself",
    ]);
  });
});

/** One device whose reports record these of the parent, on a clock of minutes after noon. */
class Shelf {
  readonly told: string[] = [];
  readonly #rules: NonNullable<ReturnType<typeof compileRules>['rules']>;
  readonly #state;

  constructor(when: string, { parent = room, forMinutes = 0 }: { parent?: ProductPack; forMinutes?: number } = {}) {
    const rule = `{id: r, when: ${JSON.stringify(when)}, for: ${forMinutes === 0 ? 0 : `${forMinutes}m`}, failureMode: warm}`;
    const { rules, problems } = compileRules(packOf(sourceOf(rule)), parent);
    if (rules === undefined) throw new Error(problems.join('\n'));
    this.#rules = rules;
    this.#state = rules.init();
  }

  report(at: number, signals: Record<string, SignalValue>, parent?: Report['parent']): this {
    const report = { ...reportAt(noon + at * minute, signals), ...(parent && { parent }) };
    for (const { state, explanation, evidence, signal } of this.#rules.step(this.#state, {
      kind: 'report',
      report,
      downMs: 0,
    })) {
      this.told.push(`${state} @${at}: ${explanation}`);
      expect(evidence.map((reading) => reading.signal)).not.toContain('parent.temp');
      expect(signal).not.toBe('parent.temp');
    }
    return this;
  }

  get now() {
    const [now] = this.#rules.why(this.#state, false);
    return now;
  }

  get parentSignals() {
    return this.#rules.parentSignals.map(({ name }) => name);
  }

  keptState() {
    return JSON.parse(JSON.stringify(this.#rules.snapshot(this.#state))).latest;
  }
}

describe("the parent's values", () => {
  it('are those of the report: what it does not tell is unknown', () => {
    const shelf = new Shelf('temp > 8 && parent.temp > 8').report(0, { temp: 9 }).report(1, {}, { temp: 9 });
    expect(shelf.told).toEqual([
      'raised @1: Shelf temperature is above 8 °C (9 °C at 12:00 UTC) with the room temperature of its parent above 8 °C (9 °C at 12:01 UTC).',
    ]);
    expect(shelf.report(2, { temp: 9 }).told).toHaveLength(1);
    expect(shelf.now?.holds).toBe(undefined);
    expect(shelf.report(3, { temp: 9 }, { temp: 4 }).told.at(-1)).toContain('cleared @3');
  });

  it('decide alone where that is asked', () => {
    const shelf = new Shelf('parent.temp > 8 || parent.door').report(0, { temp: 4 }, { temp: 4, door: true });
    expect(shelf.told).toEqual(['raised @0: The door of its parent is open.']);
    expect(shelf.parentSignals).toEqual(['temp', 'door']);
  });

  it('of another type than the pack of the parents says are unknown', () => {
    const shelf = new Shelf('temp > 8 && parent.temp > 8').report(0, { temp: 9 }, { temp: 'warm' });
    expect([shelf.told, shelf.now?.holds]).toEqual([[], undefined]);
  });

  it('hold between two reports as long as the parent says', () => {
    const known = new Shelf('parent.temp > 8', { forMinutes: 5 })
      .report(0, {}, { temp: 9 })
      .report(10, {}, { temp: 9 });
    expect(known.told).toHaveLength(1);
    const aged = new Shelf('parent.temp > 8', { forMinutes: 5 }).report(0, {}, { temp: 9 }).report(11, {}, { temp: 9 });
    expect(aged.told).toEqual([]);
  });

  it('survive a restart with the rest of the state', () => {
    const shelf = new Shelf('temp > 8 && parent.temp > 8').report(0, { temp: 4 }, { temp: 9 });
    expect(shelf.keptState()).toEqual({
      temp: { at: noon, value: 4 },
      'parent.temp': { at: noon, value: 9 },
    });
  });

  it('are told by why, and why they are not known', () => {
    const shelf = new Shelf('temp > 8 && parent.temp > 8').report(0, { temp: 9 }, { temp: 4 });
    expect(shelf.now?.failing).toMatchObject({ told: 'the room temperature of its parent is 4 °C', value: 4 });
    expect(shelf.report(1, { temp: 9 }).now?.failing?.told).toBe(
      'the room temperature of its parent is not known: it has none of that product, or that was never seen or too old when the report came',
    );
    const door = new Shelf('!parent.door').report(0, { temp: 9 });
    expect(door.now?.failing?.told).toContain('whether the door of its parent is not open is not known: it has none');
  });

  it('are all unknown where the pack of the parents no longer has what is asked', () => {
    const other = packOf('product: room\ntitle: Room\nsignals: {temp: {kind: state, values: [warm, cold]}}\n');
    const shelf = new Shelf('temp > 20 || (temp > 8 && parent.temp > 8)', { parent: other });
    expect(shelf.report(0, { temp: 9 }, { temp: 9 }).told).toEqual([]);
    expect(shelf.now?.holds).toBe(undefined);
    expect(shelf.report(1, { temp: 21 }, { temp: 9 }).told).toHaveLength(1);
    expect(shelf.parentSignals).toEqual([]);
  });
});
