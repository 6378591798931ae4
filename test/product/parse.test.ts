import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatProblem, type ProductPack, parsePack, type WatchChecker } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';

const checkWatch: WatchChecker = (kind, params) => [
  ...(kind === 'level' || kind === 'spread' ? [] : [`there is no detector '${kind}'`]),
  ...Object.keys(params)
    .filter((name) => !['memory', 'budget'].includes(name))
    .map((name) => `level has no setting '${name}'`),
];

function parse(source: string) {
  return parsePack({ file: 'p.yaml', source, checkCondition: conditionChecker, checkWatch });
}

function packOf(source: string): ProductPack {
  const { pack, problems } = parse(source);
  expect(problems?.map(formatProblem)).toBeUndefined();
  if (pack === undefined) throw new Error('no pack');
  return pack;
}

function problemsOf(source: string): string[] {
  return (parse(source).problems ?? []).map(formatProblem);
}

const head = 'product: p\ntitle: P\n';
const minimal = `${head}signals:\n  a: {kind: gauge}\n`;

describe('a pack', () => {
  it('has a default for all but product, title and the kinds of signals', () => {
    const pack = packOf(`${head}signals:\n  cabinet_temp: {kind: gauge}\n  door_open: {kind: state}\n`);
    expect(pack.reports).toEqual({ everyMs: 60_000, silentAfterMs: 1_800_000 });
    expect(pack.signals).toEqual([
      {
        name: 'cabinet_temp',
        title: 'Cabinet temp',
        kind: 'gauge',
        unit: undefined,
        type: 'number',
        values: undefined,
        range: undefined,
        maxAgeMs: 1_800_000,
        watch: [],
      },
      expect.objectContaining({ name: 'door_open', type: 'boolean', values: undefined }),
    ]);
    expect(pack.failureModes.map((mode) => mode.id)).toEqual(['anomaly', 'sensor-fault', 'silent', 'device-requested']);
    expect([pack.playbooks, pack.faultCodes, pack.rules, pack.tests]).toEqual([[], [], [], []]);
  });

  it('is read from JSON too, tabs and byte order mark included', () => {
    const json =
      '\uFEFF{\n\t"product": "p",\n\t"title": "P",\n\t"signals": {"a": {"kind": "counter", "maxAge": "5m"}}\n}';
    expect(packOf(json).signals[0]).toMatchObject({ kind: 'counter', maxAgeMs: 300_000 });
  });

  it('takes severity and safety from the failure mode where an entry has none', () => {
    const pack = packOf(`${head}reports: {every: 10s}
signals:
  a: {kind: gauge, range: [0, 1], watch: [level, {kind: level, failureMode: leak, memory: 5}]}
failureModes:
  leak: {title: Leak, severity: critical, safety: true, horizon: 7d}
  wear: {title: Wear}
faultCodes:
  E1: {title: One}
  E2: {title: Two, failureMode: leak}
  E3: {title: Three, severity: info, failureMode: leak}
  E4: {title: Four, failureMode: wear}
rules:
  - {id: r1, when: a > 1}
  - {id: r2, when: a > 1, failureMode: leak, for: 0, clearFor: 0s}
  - {id: r3, when: a > 1, failureMode: leak, severity: minor, safety: false, for: 1h30m, stage: draft}
  - {id: r4, when: a > 1, failureMode: wear}
`);
    expect(pack.reports.silentAfterMs).toBe(300_000);
    expect(pack.signals[0]?.watch).toEqual([
      { kind: 'level', failureMode: 'anomaly', severity: 'minor', safety: false, params: {} },
      { kind: 'level', failureMode: 'leak', severity: 'critical', safety: true, params: { memory: 5 } },
    ]);
    expect(pack.failureModes[0]).toMatchObject({ id: 'leak', horizonMs: 604_800_000, parts: [], playbook: undefined });
    expect(pack.faultCodes.map((code) => [code.severity, code.safety])).toEqual([
      ['major', false],
      ['critical', true],
      ['info', true],
      ['major', false],
    ]);
    expect(pack.failureModes[1]).toMatchObject({ id: 'wear', severity: 'minor' });
    expect(pack.rules.map(({ severity, safety, forMs, stage }) => [severity, safety, forMs, stage])).toEqual([
      ['minor', false, 0, 'live'],
      ['critical', true, 0, 'live'],
      ['minor', false, 5_400_000, 'draft'],
      ['minor', false, 0, 'live'],
    ]);
  });

  it('describes playbooks: steps of one text, or with who does them and what to expect', () => {
    const pack = packOf(`${minimal}failureModes: {leak: {title: Leak, playbook: leak}}
playbooks:
  leak:
    title: Find the leak
    steps:
      - Look at the chart
      - {do: Tighten the joints, who: technician, expect: Pressure holds}
`);
    expect(pack.failureModes[0]?.playbook).toBe('leak');
    expect(pack.playbooks).toEqual([
      {
        id: 'leak',
        title: 'Find the leak',
        steps: [
          { do: 'Look at the chart', who: undefined, expect: undefined },
          { do: 'Tighten the joints', who: 'technician', expect: 'Pressure holds' },
        ],
      },
    ]);
  });

  it('may be named by a pack that has none of its own', () => {
    const source = `${minimal}failureModes: {leak: {title: Leak, playbook: leak}}\n`;
    expect(problemsOf(source)).toEqual([]);
    const { pack } = parsePack({
      file: 'p.yaml',
      source,
      checkCondition: conditionChecker,
      checkWatch,
      published: true,
    });
    expect(pack?.failureModes[0]).toMatchObject({ id: 'leak', playbook: undefined });
  });

  it('expands the samples of its tests and remembers their lines', () => {
    const pack = packOf(`${minimal}  mode: {kind: state, values: [idle, x2]}
tests:
  - name: t
    every: 1m
    signals: {a: "4x2 _ -1.5e1x3", mode: "x2x3 idle"}
    late: [{at: 3m, arrives: 40m}]
    restart: [0, 45m]
    faults: [{at: 5m, code: E1}, {at: 6m, code: E1, active: false}]
    expect:
      - {from: 0, to: 43m, open: anomaly, severity: major}
      - {retracted: anomaly}
      - {at: 150m, findings: 1, cases: 0, cleared: true}
`);
    expect(pack.tests).toEqual([
      {
        name: 't',
        line: 7,
        everyMs: 60_000,
        samples: 7,
        signals: {
          a: [
            { value: 4, count: 2 },
            { value: undefined, count: 1 },
            { value: -15, count: 3 },
          ],
          mode: [
            { value: 'x2', count: 3 },
            { value: 'idle', count: 1 },
          ],
        },
        late: [{ atMs: 180_000, arrivesMs: 2_400_000 }],
        duplicate: [],
        restartMs: [0, 2_700_000],
        faults: [
          { atMs: 300_000, code: 'E1', active: true },
          { atMs: 360_000, code: 'E1', active: false },
        ],
        expect: [
          { kind: 'open', line: 14, fromMs: 0, toMs: 2_580_000, failureMode: 'anomaly', severity: 'major' },
          { kind: 'retracted', line: 15, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, failureMode: 'anomaly' },
          { kind: 'count', line: 16, atMs: 9_000_000, findings: 1, cases: 0, cleared: true },
        ],
      },
    ]);
  });
});

describe('a pack with problems', () => {
  it('is told of times at which its tests measure nothing', () => {
    const tests = `tests:
  - name: t
    every: 1m
    signals: {a: "4x7"}
    late: [{at: 90s, arrives: 3m}]
    duplicate: [{at: 7m, arrives: 8m}, {at: 5m, arrives: 4m}]
    expect: [{at: 1m, findings: 0}]
`;
    expect(problemsOf(`${minimal}${tests}`)).toEqual([
      'p.yaml:9:17: there is no sample at 1m30s: one every 1m, the last at 6m',
      'p.yaml:10:22: there is no sample at 7m: one every 1m, the last at 6m',
      'p.yaml:10:58: a report cannot arrive before it was measured',
    ]);
  });

  it('is refused with a sentence when it is no pack at all', () => {
    const nothing = 'p.yaml:1:1: a product pack has keys and values: product, title, signals, …';
    for (const source of ['', '- a', 'text', '42']) expect(problemsOf(source)).toEqual([nothing]);
    expect(problemsOf(`${head}signals: [a]\nrules: {a: 1}\nfailureModes: 3\n`)).toEqual([
      "p.yaml:3:1: 'signals' has keys and values: one entry a signal",
      "p.yaml:4:1: 'rules' is a list: begin each rule with '- id: …'",
      "p.yaml:5:1: 'failureModes' has keys and values",
    ]);
    expect(problemsOf(`${head}signals: {}\n`)).toEqual(['p.yaml:3:1: a product has at least one signal']);
  });

  it('says of settings that are decided and not built that they are not supported yet', () => {
    expect(problemsOf(`${minimal}prognosis: []\nschedules: {}\n`)).toEqual([
      "p.yaml:5:1: 'prognosis' is not supported yet",
      "p.yaml:6:1: 'schedules' is not supported yet",
    ]);
  });

  it('places what is wrong with playbooks, and blames no failure mode for a broken one', () => {
    const source = `${minimal}failureModes:
  leak: {title: Leak, playbook: leek}
  wear: {title: Wear, playbook: wear}
playbooks:
  leak: {title: Leak, steps: [{do: Look, whom: remote}, {do: Ask, who: remot}, 3, '', '${'x'.repeat(501)}']}
  wear: {title: Wear, steps: []}
  Noise: {title: Noise, steps: [Listen]}
`;
    expect(problemsOf(source)).toEqual([
      "p.yaml:6:33: there is no playbook 'leek'; did you mean 'leak'?",
      "p.yaml:9:42: unknown key 'whom'; did you mean 'who'?",
      "p.yaml:9:72: expected customer, remote or technician, not 'remot'; did you mean 'remote'?",
      'p.yaml:9:80: expected text or keys and values, not 3',
      'p.yaml:9:83: it cannot be empty',
      'p.yaml:9:87: at most 500 characters',
      'p.yaml:10:30: at least 1 entries',
      "p.yaml:11:3: 'Noise' is not a playbook id: use lower-case letters, digits and -, beginning with a letter",
    ]);
  });

  it('lets range be named among the detectors, to say what its findings are', () => {
    const pack = packOf(`${head}signals:
  a: {kind: gauge, range: [0, 1], watch: [range]}
  b: {kind: gauge, range: [0, 1], watch: [{kind: range, failureMode: leak}]}
failureModes: {leak: {title: Leak, severity: major}}
`);
    expect(pack.signals.flatMap((signal) => signal.watch)).toEqual([
      { kind: 'range', failureMode: 'sensor-fault', severity: 'info', safety: false, params: {} },
      { kind: 'range', failureMode: 'leak', severity: 'major', safety: false, params: {} },
    ]);
    const wrong = '  a: {kind: counter, range: [0, 1]}\n  b: {kind: gauge, watch: [{kind: range, low: 1}]}\n';
    expect(problemsOf(`${head}signals:\n${wrong}`)).toEqual([
      "p.yaml:4:22: 'range' belongs to a gauge, not a counter",
      "p.yaml:5:28: 'range' needs the signal's range: [low, high]",
    ]);
  });

  it('tells of a key that is there twice and of everything else in the file', () => {
    expect(problemsOf(`${minimal}title: Again\nrules: [{id: r}]\n`)).toEqual([
      'p.yaml:5:1: this key is here twice',
      "p.yaml:6:9: 'when' is missing",
    ]);
  });

  it('does not blame a condition for a signal whose own entry is broken', () => {
    expect(
      problemsOf(`${head}signals:\n  a: {kind: gage}\nrules:\n  - {id: r, when: 'a > 1 && max(a, "1h") > 2'}\n`),
    ).toEqual(["p.yaml:4:13: expected gauge, counter or state, not 'gage'; did you mean 'gauge'?"]);
  });

  it('is refused beyond its limits', () => {
    const many = (count: number, entry: (n: number) => string) =>
      Array.from({ length: count }, (_, n) => entry(n)).join('\n');
    const signals = many(201, (n) => `  s${n}: {kind: gauge}`);
    expect(problemsOf(`${head}signals:\n${signals}\n`)).toEqual(['p.yaml:3:1: at most 200 signals']);
    const playbooks = many(101, (n) => `  p${n}: {title: P, steps: [a]}`);
    expect(problemsOf(`${minimal}playbooks:\n${playbooks}\n`)).toEqual(['p.yaml:5:1: at most 100 entries']);
    const steps = many(31, (n) => `      - step ${n}`);
    expect(problemsOf(`${minimal}playbooks:\n  p:\n    title: P\n    steps:\n${steps}\n`)).toEqual([
      'p.yaml:9:7: at most 30 entries',
    ]);
    const rules = many(201, (n) => `  - {id: r${n}, when: a > 1}`);
    expect(problemsOf(`${minimal}rules:\n${rules}\n`)).toEqual(['p.yaml:5:1: at most 200 rules']);
    expect(problemsOf(`${minimal}#${'x'.repeat(1_000_000)}`)).toEqual(['p.yaml:1:1: the file is larger than 1 MB']);
    expect(problemsOf(`${minimal}rules:\n${many(150, () => '  - {}')}\n`)).toHaveLength(100);
    const windows = many(200, (n) => `  - {id: r${n}, when: 'avg(a, "${n + 1}m") > max(a, "${n + 1}s")'}`);
    expect(problemsOf(`${minimal}rules:\n${windows}\n`)).toEqual([]);
    const beyond = many(
      101,
      (n) => `  - {id: r${n}, when: '${[1, 2, 3, 4].map((k) => `avg(a, "${4 * n + k}s") > 1`).join(' && ')}'}`,
    );
    expect(problemsOf(`${minimal}rules:\n${beyond}\n`)).toEqual([
      'p.yaml:106:23: at most 400 different windows and timed conditions in one pack',
    ]);
    const samples = `${minimal}tests:\n  - {name: t, signals: {a: 1x999999999}, expect: [{at: 0, cases: 0}]}\n`;
    expect(problemsOf(samples)).toEqual(['p.yaml:6:28: at most 100000 samples of a signal']);
  });

  it('survives alias bombs and deep nesting', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      bomb.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
    }
    expect(problemsOf(bomb.join('\n'))).toEqual([
      'p.yaml:1:1: excessive alias count indicates a resource exhaustion attack',
    ]);
    for (const deep of ['['.repeat(900_000), '- '.repeat(400_000), '{a: '.repeat(200_000)]) {
      expect(problemsOf(deep)).toEqual(['p.yaml:1:1: nested too deeply']);
    }
    expect(problemsOf('a: *b').at(0)).toContain('alias');
  });
});

describe('the shipped packs', () => {
  const folder = new URL('../../products/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it.each(files)('%s has no problems', (name) => {
    const { product } = packOf(readFileSync(new URL(name, folder), 'utf8'));
    expect(`${product}.yaml`).toBe(name);
  });
});

describe("a test's parent", () => {
  const room = packOf('product: room\ntitle: Room\nsignals: {temp: {kind: gauge}, door: {kind: state}}\n');
  const withParent = (samples: string, top = 'parent: room\n') =>
    `${head}${top}signals: {a: {kind: gauge}}\ntests:\n  - {name: t, signals: {a: 1x2}, parent: {signals: {${samples}}}, expect: [{at: 1m, findings: 0}]}\n`;
  const problems = (source: string, packs = new Map([['room', room]])) => {
    const parsed = parsePack({ file: 'p.yaml', source, packs, checkCondition: conditionChecker, checkWatch });
    return (parsed.problems ?? []).map(formatProblem);
  };

  it('has samples like the device, which may be more', () => {
    const [test] = packOf(withParent('temp: 4x2 9x3, door: true')).tests;
    expect(test).toMatchObject({
      samples: 5,
      parent: {
        signals: {
          temp: [
            { value: 4, count: 2 },
            { value: 9, count: 3 },
          ],
          door: [{ value: true, count: 1 }],
        },
      },
    });
    expect(packOf(minimal).parent).toBe(undefined);
  });

  it('is checked against its pack where that is known', () => {
    expect(problems(withParent('temp: 4x2'))).toEqual([]);
    expect(problems(withParent('tmp: 4x2'))).toEqual(["p.yaml:6:53: room has no signal 'tmp'; did you mean 'temp'?"]);
    expect(problems(withParent('temp: warm'))).toEqual(["p.yaml:6:59: 'warm' is not a value of temp: it is a number"]);
    expect(problems(withParent('temp: 4', ''))).toEqual([
      "p.yaml:5:34: the pack does not say of which product its devices' parents are: parent: <product>",
    ]);
  });
});
