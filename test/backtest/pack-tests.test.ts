import { expect, it } from 'vitest';
import { runPackTests } from '../../src/backtest/index.ts';
import { pack } from '../engine/fixture.ts';

const rules = `
product: fridge
title: Fridge
reports: {every: 1m, silentAfter: 10m}
signals:
  temp: {kind: gauge, unit: Cel}
failureModes:
  warm: {title: Too warm, severity: major}
rules:
  - {id: warm, when: 'temp > 8.0', for: 5m, failureMode: warm}
`;

const run = (tests: string) => runPackTests(pack(`${rules}tests:\n${tests}`));

it('passes what holds: opening, counts, clearing, over duplicates, late reports and restarts', async () => {
  const results = await run(`
  - name: warm
    every: 1m
    signals: {temp: "4x10 9x10 4x10"}
    late: [{at: 3m, arrives: 12m}]
    duplicate: [{at: 12m, arrives: 13m}]
    restart: [13m, 14m]
    expect:
      - {at: 14m, findings: 0, cases: 0}
      - {from: 15m, to: 15m, open: warm, severity: major}
      - {at: 19m, findings: 1, cleared: false, cases: 1}
      - {at: 30m, findings: 1, cleared: true}
`);
  expect(results).toEqual([{ name: 'warm', line: expect.any(Number), failures: [] }]);
});

it.each([
  ['{from: 1m, to: 5m, open: warm}', 'it opened at 15m'],
  ['{from: 1m, to: 5m, open: anomaly}', 'none opened'],
  ['{from: 15m, to: 15m, open: warm, severity: minor}', 'the case opened as major'],
  ['{at: 30m, findings: 2}', 'there were 1'],
  ['{at: 30m, cases: 0}', 'there were 1'],
  ['{at: 17m, cleared: true}', 'still held: rule:warm'],
  ['{at: 30m, cleared: false}', 'expected a finding to hold'],
  ['{retracted: warm}', 'expected a warm case to be withdrawn, it stands'],
  ['{retracted: anomaly}', 'none opened'],
])('fails %s and says what happened', async (expectation, text) => {
  const [result] = await run(`
  - name: warm
    every: 1m
    signals: {temp: "4x10 9x10 4x10"}
    expect: [${expectation}]
`);
  expect(result?.failures).toHaveLength(1);
  expect(result?.failures[0]?.text).toContain(text);
  expect(result?.failures[0]?.text).toContain('15m: rule:warm raised');
});

const room = pack('product: room\ntitle: Room\nsignals: {temp: {kind: gauge}, door: {kind: state}}\n');
const inRoom = rules
  .replace('title: Fridge', 'title: Fridge\nparent: room')
  .replace('temp > 8.0', 'temp > 8.0 && parent.temp > 5.0');
const warmInWarm = `tests:
  - name: a warm room
    signals: {temp: 9x10}
    parent: {signals: {temp: 4x3 6x7}}
    restart: [5m]
    expect: [{from: 8m, to: 8m, open: warm}, {at: 9m, findings: 1, cases: 1}]
  - name: a room that says nothing
    signals: {temp: 9x10}
    parent: {signals: {temp: _x10}}
    expect: [{at: 9m, findings: 0}]
  - name: no room
    signals: {temp: 9x10}
    expect: [{at: 9m, findings: 0}]
`;

it("takes the parent's samples just before the device's own", async () => {
  const results = await runPackTests(pack(`${inRoom}${warmInWarm}`), room);
  expect(results.map(({ failures }) => failures)).toEqual([[], [], []]);
});

it("shows the parent's sample where a test went another way", async () => {
  const [result] = await runPackTests(
    pack(`${inRoom}${warmInWarm.replace('from: 8m, to: 8m', 'from: 1m, to: 2m')}`),
    room,
  );
  expect(result?.failures[0]?.text).toContain('first differs at 2m: temp 9, parent.temp 4');
  expect(result?.failures[0]?.text).toContain('0s: quiet. Not open: the temp of its parent is 4.');
});

it('says that the pack of the parents is missing', async () => {
  const results = await runPackTests(pack(`${inRoom}${warmInWarm}`));
  const text = 'its parent is of product room, whose pack is not at hand: name its file too';
  expect(results.map(({ failures }) => failures.map((failure) => failure.text))).toEqual([[text], [text], []]);
});

it('withdraws a case with the tick after the report that speaks against it', async () => {
  const results = await run(`
  - name: late
    signals: {temp: "4x2 9x2 5 9x4 4x10"}
    late: [{at: 4m, arrives: 12m}]
    expect:
      - {from: 7m, to: 7m, open: warm}
      - {at: 11m, findings: 1, cases: 1}
      - {retracted: warm, from: 12m, to: 13m}
      - {at: 13m, findings: 0, cases: 0, cleared: true}
  - name: the same, expected otherwise
    signals: {temp: "4x2 9x2 5 9x4 4x10"}
    late: [{at: 4m, arrives: 12m}]
    expect: [{retracted: warm, to: 10m}]
`);
  expect(results[0]?.failures).toEqual([]);
  expect(results[1]?.failures[0]?.text).toContain('it was at 12m5s');
});

it('judges fault codes, and the silence of samples that are not there', async () => {
  const results = await run(`
  - name: a code, then silence
    signals: {temp: "4x5 _x20 4x5"}
    faults: [{at: 2m, code: X9}, {at: 4m, code: X9, active: false}]
    expect:
      - {at: 3m, findings: 1, cleared: false}
      - {at: 4m, findings: 1, cleared: true}
      - {at: 20m, findings: 2, cleared: false, cases: 0}
      - {at: 29m, findings: 2, cleared: true}
`);
  expect(results[0]?.failures).toEqual([]);
});

it('says where it went another way first, what was reported there, and how the rule stood', async () => {
  const [result] = await run(`
  - name: warm
    signals: {temp: "4x10 9x10"}
    expect: [{from: 10m, to: 12m, open: warm}]
`);
  expect(result?.failures[0]?.text.split('\n')).toEqual([
    'expected a warm case between 10m and 12m, it opened at 15m',
    '    first differs at 12m: temp 9',
    '    rule warm up to 12m:',
    '      0s: quiet. Not open: temp is 4 °C.',
    '      10m: waiting. Not open yet: temp is above 8 °C, for 0s of the 5m that it must.',
    expect.stringContaining('15m: rule:warm raised (major)'),
  ]);
});
