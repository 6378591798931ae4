import { describe, expect, it } from 'vitest';
import type { FindingEvent } from '../../src/findings/index.ts';
import { formatClock } from '../../src/telemetry/index.ts';
import { EngineRun, minute } from '../engine/fixture.ts';

const pump = (watch: string): string => `
product: pump
title: Pump
signals:
  flow: {kind: gauge, unit: "L/min", watch: [${watch}]}
failureModes:
  blocked: {title: Blocked, severity: minor}
  worn: {title: Worn, severity: minor}
`;

/** Within ±0.5, repeatable. */
const wobble = (index: number): number => ((index * 389) % 997) / 997 - 0.5;

/** Runs as it should, stands at one value far too high, moves there, and is mended. */
const story = [
  ...Array.from({ length: 1000 }, (_, index) => 12 + wobble(index)),
  ...Array.from({ length: 40 }, () => 19.5),
  ...Array.from({ length: 20 }, (_, index) => 19.5 + wobble(index)),
  ...Array.from({ length: 200 }, (_, index) => 12 + wobble(index)),
];

function tell(watch: string, restarts = false): string {
  const run = new EngineRun(pump(watch));
  const events = story.flatMap((flow, index) => {
    if (restarts && index % 37 === 0) run.restart();
    return run.report(index * minute, { flow });
  });
  return `${events.map(line).join('\n')}\n`;
}

function line(event: FindingEvent): string {
  const { at, id, state, severity, failureMode, startsAt, endsAt, explanation } = event;
  const times = `since ${formatClock(startsAt)}${endsAt === undefined ? '' : ` until ${formatClock(endsAt)}`}`;
  return `${formatClock(at)} ${state} ${id} ${failureMode} ${severity}, ${times}\n  ${explanation}`;
}

const blocked = (kind: string, severity: string) => `{kind: ${kind}, failureMode: blocked, severity: ${severity}}`;

describe('what several detectors of one signal say', () => {
  const shared = [blocked('level', 'minor'), blocked('stuck', 'major')].join(', ');

  it('is one finding: the first opens it, others join it once, the last ends it', async () => {
    await expect(tell(shared)).toMatchFileSnapshot('./findings/one-failure-mode.txt');
  });

  it('is one finding for each failure mode', async () => {
    const apart = `${blocked('level', 'minor')}, {kind: stuck, failureMode: worn}`;
    await expect(tell(apart)).toMatchFileSnapshot('./findings/two-failure-modes.txt');
  });

  it('is the same whenever the service restarts', () => {
    expect(tell(shared, true)).toBe(tell(shared));
  });
});
