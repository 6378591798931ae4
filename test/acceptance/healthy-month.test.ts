import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scenarioNamed } from '../../simulators/index.ts';
import { runInProcess } from '../../src/app/in-process.ts';
import { dayMs } from '../../src/base/index.ts';
import { projectRoot } from '../service-process.ts';

/** One case in 400 days of a device that is well. Where there are more, a rule or a detector has gone wrong. */
const falsePer1000DeviceDaysMax = 2.5;

it('hardly opens a case in a month of twenty devices that are well', async () => {
  const scenario = {
    ...scenarioNamed('healthy-year', Date.UTC(2026, 0, 5)),
    devices: 20,
    lengthMs: 30 * dayMs,
  };
  const { deviceDays, faults, falsePer1000DeviceDays, blunders, reports } = await runInProcess({
    scenario,
    products: join(projectRoot, 'products'),
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  expect({ deviceDays, planted: faults.planted, lost: reports.lost }).toEqual({ deviceDays: 600, planted: 0, lost: 0 });
  expect(reports.received).toBeGreaterThan(860_000);
  expect(falsePer1000DeviceDays, JSON.stringify(blunders)).toBeLessThanOrEqual(falsePer1000DeviceDaysMax);
}, 400_000);
