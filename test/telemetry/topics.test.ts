import { expect, it } from 'vitest';
import { deviceTopic } from '../../src/telemetry/index.ts';

it.each([
  ['devices/d1/reports', 'reports'],
  ['devices/d1/status', 'status'],
  ['devices/d1/assist', 'assist'],
  ['devices/d1/commands/c9/result', 'command-result'],
  ['devices/d2/reports', 'forbidden'],
  ['devices/d1/reports/', 'forbidden'],
  ['devices/d1/rejected', 'forbidden'],
  ['devices/d1/commands', 'forbidden'],
  ['devices/d1/commands//result', 'forbidden'],
  ['devices/d1/commands/c9/result/x', 'forbidden'],
  ['devices/d1', 'forbidden'],
  ['$SYS/x', 'forbidden'],
])('%s is %s for d1', (topic, kind) => {
  expect(deviceTopic('d1', topic).kind).toBe(kind);
});
