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

it('passes what holds: opening, counts, clearing, over duplicates, late reports and restarts', () => {
  const results = run(`
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
])('fails %s and says what happened', (expectation, text) => {
  const [result] = run(`
  - name: warm
    every: 1m
    signals: {temp: "4x10 9x10 4x10"}
    expect: [${expectation}]
`);
  expect(result?.failures).toHaveLength(1);
  expect(result?.failures[0]?.text).toContain(text);
  expect(result?.failures[0]?.text).toContain('15m: rule:warm raised');
});

it('shows how the rules stood, from sample to sample, where a test fails', () => {
  const [result] = run(`
  - name: warm
    every: 1m
    signals: {temp: "4x10 9x4 7x2 9x10"}
    expect: [{from: 15m, to: 15m, open: warm}]
`);
  const [failure] = result?.failures ?? [];
  const lines = failure?.text.split('\n').slice(-4);
  expect(lines).toEqual([
    '    rule warm up to 15m:',
    '      0s: quiet. Not open: temp is 4 °C.',
    '      10m: waiting. Not open yet: temp is above 8 °C, for 0s of the 5m that it must.',
    '      14m: quiet. Not open: temp is 7 °C.',
  ]);
});
