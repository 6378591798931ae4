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
    expect(result.stdout).toMatch(/^4 passed, 0 failed$/m);
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

it('explains itself: 0 when asked, 2 when it is used wrongly', async () => {
  const help = await runAftercare(['--help']);
  expect(help.code).toBe(0);
  for (const command of ['serve', 'check', 'test', 'simulate']) expect(help.stdout).toContain(command);
  const wrong = await runAftercare(['repair']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/unknown command 'repair'/);
});
