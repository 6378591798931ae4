import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runAftercare } from '../service-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'aftercare-packs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pack = (options: { condition: string; expected: number }): string => `product: kettle
title: Kettle
signals:
  water: {unit: Cel, kind: gauge}
failureModes:
  boils-dry: {title: Boils dry, severity: critical, safety: true}
rules:
  - id: too-hot
    title: Too hot
    when: '${options.condition}'
    failureMode: boils-dry
    stage: live
tests:
  - name: heat opens a case
    every: 1m
    signals: {water: "20x5 120x5"}
    expect:
      - {at: 9m, cases: ${options.expected}}
`;

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const good = write('good.yaml', pack({ condition: 'water > 100.0', expected: 1 }));
const failing = write('failing.yaml', pack({ condition: 'water > 100.0', expected: 0 }));
const broken = write(
  'broken.yaml',
  pack({ condition: 'wader > 100.0', expected: 1 }).replace('unit: Cel', 'unit: Cell'),
);

describe('aftercare check', () => {
  it('reads a sound pack back in words: 0', async () => {
    const result = await runAftercare(['check', good]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain(`${good}: Kettle (kettle) is sound`);
    expect(result.stdout).toMatch(/too-hot: When water is above 100 °C, opens 'Boils dry' \(critical, safety\)\./);
  });

  it('accepts the packs of the project', async () => {
    const result = await runAftercare(['check', 'products']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/cold-fridge.*is sound/);
  });

  it('tells every problem of a broken pack with its place: 1', async () => {
    const result = await runAftercare(['check', good, broken]);
    expect(result.code).toBe(1);
    const problems = result.stdout.split('\n').filter((line) => line.startsWith(broken));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/broken\.yaml:4:\d+: .*Cell/);
    expect(problems[1]).toMatch(/broken\.yaml:10:\d+: .*wader.*did you mean.*water/i);
    expect(result.stdout).toContain(`${good}: Kettle (kettle) is sound`);
  });

  it('says the same to machines', async () => {
    const result = await runAftercare(['check', '--json', good, broken]);
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({
      problems: [expect.stringContaining('broken.yaml:4:'), expect.stringContaining('broken.yaml:10:')],
      packs: [{ file: good, product: 'kettle', rules: [{ id: 'too-hot' }] }],
    });
  });

  it('cannot check what is not there: 2', async () => {
    const missing = join(folder, 'missing.yaml');
    const result = await runAftercare(['check', missing]);
    expect(result.code).toBe(2);
    expect(result.stdout).toContain(missing);
    expect((await runAftercare(['check'])).code).toBe(2);
  });
});

describe('aftercare test', () => {
  it('passes when the packs do what they promise: 0', async () => {
    const result = await runAftercare(['test', good, 'products/cold-fridge.yaml']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toMatch(/^\d+ passed, 0 failed$/m);
  });

  it('tells what differs, and where: 1', async () => {
    const result = await runAftercare(['test', good, failing]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/failing\.yaml:18:1: heat opens a case: /);
    expect(result.stdout).toMatch(/^1 passed, 1 failed$/m);
  });

  it('does not run a broken pack: 1', async () => {
    const result = await runAftercare(['test', broken]);
    expect(result.code).toBe(1);
    expect(result.stdout).toMatch(/broken\.yaml:10:\d+: /);
    expect(result.stdout).toMatch(/^0 passed, 0 failed$/m);
  });
});

describe('aftercare detect', () => {
  const steady = (index: number): string => (20 + Math.sin(index * 1.7) + (index % 7) / 10).toFixed(2);
  const clock = (minute: number): string => new Date(Date.UTC(2021, 5, 1, 0, minute)).toISOString().slice(0, 19);
  const rows = Array.from({ length: 700 }, (_, index) => {
    // One stamp comes twice, one lies in the past, one reading is missing.
    const minute = index === 300 ? 299 : index === 350 ? 20 : index;
    const value = index === 400 ? '' : index >= 500 && index < 560 ? '80' : steady(index);
    return `${clock(minute).replace('T', ' ')},${value}`;
  });
  const csv = write('series.csv', ['timestamp,value', ...rows, ''].join('\n'));

  it('gives a row for every row, in their order, and 1 or more where a finding opens: 0', async () => {
    const result = await runAftercare(['detect', csv]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [header, ...out] = result.stdout.trimEnd().split('\n');
    expect(header).toBe('timestamp,value,anomaly_score,low,high,finding');
    expect(out.map((line) => line.split(',')[0])).toEqual(rows.map((line) => line.split(',')[0]));
    expect(out[400]?.split(',').slice(1)).toEqual(['', '0', '', '', '']);
    const scores = out.map((line) => Number(line.split(',')[2]));
    expect(scores.flatMap((score, index) => (score >= 1 ? [index] : []))).toEqual([500]);
    const [, value = 0, score = 0, , high = 0, finding] = (out[500] ?? '').split(',').map(Number);
    expect(value).toBeGreaterThan(high);
    expect(score).toBeGreaterThan(1);
    expect(finding).toBe(1);
  });

  it('says the same to machines, with the reasons', async () => {
    const result = await runAftercare(['detect', '--json', '--watch', 'level,stuck', csv]);
    expect(result.code).toBe(0);
    const { rows: judged, findings } = JSON.parse(result.stdout);
    expect(judged).toHaveLength(rows.length);
    expect(judged[500]).toMatchObject({ timestamp: '2021-06-01 08:20:00', value: 80, finding: 1 });
    expect(findings).toMatchObject([{ number: 1, source: 'level:value', startsAt: '2021-06-01T08:20:00.000Z' }]);
    expect(findings[0].explanation).toMatch(/^Value is far outside .* Value has not moved from 80 for 17 readings/);
  });

  it('watches as a product pack says', async () => {
    const product = ['--product', 'generic-sensor', '--json'];
    const { findings } = JSON.parse((await runAftercare(['detect', csv, ...product])).stdout);
    expect(findings).toMatchObject([{ number: 1, source: 'level:value' }]);
  });

  it.each([
    ['a file that is not there', ['detect', join(folder, 'none.csv')], /there is no such file/],
    ['a detector that is not there', ['detect', csv, '--watch', 'levle'], /there is no detector "levle"/],
    ['a signal that is not there', ['detect', csv, '--signal', 'flow'], /has no signal flow.*\n.*value/],
    ['a product that is not there', ['detect', csv, '--product', 'toaster'], /no sound product pack toaster/],
    [
      'words for numbers',
      ['detect', write('words.csv', 'timestamp,value\n1,2\n2,two\n')],
      /words\.csv:3:1: two is no number/,
    ],
    ['several columns', ['detect', write('two.csv', 'timestamp,a,b\n1,2,3\n')], /several signals: a, b/],
  ])('refuses %s: 2', async (_, args, problem) => {
    const result = await runAftercare(args);
    expect(result.code).toBe(2);
    expect(result.stderr).toMatch(problem);
  });
});

it('explains itself: 0 when asked, 2 when it is used wrongly', async () => {
  const help = await runAftercare(['--help']);
  expect(help.code).toBe(0);
  for (const command of ['serve', 'check', 'test', 'detect', 'simulate', 'verify'])
    expect(help.stdout).toContain(command);
  const wrong = await runAftercare(['repair']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/unknown command 'repair'/);
});
