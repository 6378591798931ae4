import { describe, expect, it } from 'vitest';
import { Engine, type EngineOutput } from '../../src/engine/index.ts';
import type { Report } from '../../src/telemetry/index.ts';
import { EngineRun, fridge, minute, short, start } from './fixture.ts';

function reportAt(index: number, temp: number): Report {
  const at = start + index * minute;
  const identity = { rawAt: undefined, boot: 'b1', seq: index, firmware: undefined };
  const place = { device: 'd1', product: 'fridge', offset: 10 + index, index: 0, at, receivedAt: at };
  return { ...place, ...identity, signals: { temp, hum: 40 + (index % 3) }, faults: [] };
}

const judged = (report: Report) => ({ kind: 'report', report, judged: true }) as const;

/** The state of an earlier version of ours, in the midst of reports. */
function upgraded(before: readonly Report[], change: (state: Record<string, unknown>) => void = () => undefined) {
  const run = new EngineRun(fridge);
  for (const report of before) run.step(judged(report));
  const [text = ''] = run.snapshots();
  const old = JSON.parse(text);
  old.rules.version = 1;
  old.rules.series = 'in another form';
  delete old.memory;
  delete old.judgedTo;
  change(old);
  const engine = new Engine(run.catalogue);
  expect(engine.restore('d1', JSON.stringify(old))).toBe(false);
  engine.relearn('d1', before);
  const out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  return { run, engine, out, text };
}

/** Warm from minute 100 on: open from 105 on. */
const reports = Array.from({ length: 130 }, (_, index) => reportAt(index, index < 100 || index > 120 ? 4 : 9));

describe('a state of an earlier version', () => {
  it.each([90, 103, 110, 125])('knows again what it knew after %d reports', (count) => {
    const { run, engine, text } = upgraded(reports.slice(0, count));
    const { past: _, versions, uncorrected, ...state } = JSON.parse(engine.snapshot('d1') ?? '{}');
    expect(JSON.parse(text)).toMatchObject(state);
    expect({ versions, uncorrected }).toMatchObject({ versions: [{ version: 1 }], uncorrected: 0 });
    const out: EngineOutput = { findings: [], bands: [], touched: new Set() };
    for (const report of reports.slice(count)) engine.step(judged(report), out);
    const rest = reports.slice(count).flatMap((report) => run.step(judged(report)));
    expect(out.findings).toEqual(rest);
  });

  it('ends what is told as open and is not found again', () => {
    const { engine, out } = upgraded(reports.slice(0, 90), (old) => {
      const last = {
        finding: 'd1~rule:warm~9.0',
        source: 'rule:warm',
        state: 'raised',
        device: 'd1',
        product: 'fridge',
      };
      const times = { startsAt: start, openedAt: start, at: start, receivedAt: start };
      const texts = { failureMode: 'warm', severity: 'major', explanation: 'It was warm.', evidence: [] };
      old.open = { 'rule:warm': { events: 1, last: { ...last, ...times, ...texts } } };
    });
    engine.step(judged(reportAt(90, 4)), out);
    expect(short(out.findings)).toEqual(['rule:warm cleared']);
  });

  it('begins afresh where it finds what is not told', () => {
    const { engine, out } = upgraded(reports.slice(0, 110), (old) => {
      old.open = {};
    });
    for (const report of reports.slice(110, 117)) engine.step(judged(report), out);
    expect(out.findings).toMatchObject([{ source: 'rule:warm', startsAt: start + 110 * minute }]);
  });

  it('is gone on with as it is when it is of this version', () => {
    const run = new EngineRun(fridge);
    for (const report of reports) run.step(judged(report));
    const [text = ''] = run.snapshots();
    expect(new Engine(run.catalogue).restore('d1', text)).toBe(true);
  });
});
