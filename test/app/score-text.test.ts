import { expect, it } from 'vitest';
import { scoreText } from '../../src/app/score-text.ts';
import { scoreRun } from '../../src/backtest/index.ts';

const hour = 3_600_000;

it('writes a score card that can be read at a glance', () => {
  const card = scoreRun({
    truth: [
      {
        device: 'd1',
        fault: 'leak',
        kind: 'product',
        failureMode: 'leak',
        alsoFits: [],
        startsAt: 0,
        noticeableAt: hour,
        failsAt: 30 * hour,
        endsAt: 40 * hour,
        settledAt: 50 * hour,
      },
    ],
    cases: [
      { device: 'd1', product: 'p', failureMode: 'leak', source: 'rule:leak', openedAt: 5 * hour, delayMs: 90 },
      { device: 'd2', product: 'p', failureMode: 'seal', source: 'rule:seal', openedAt: 5 * hour, delayMs: 61_000 },
    ],
    silences: undefined,
    reports: {
      generated: 10,
      lostByDevices: 1,
      waitingInDevices: 1,
      sent: 8,
      repeated: 2,
      received: 10,
      acknowledged: 8,
      duplicates: 2,
      quarantined: 0,
      conflicts: 0,
      late: 0,
    },
    devices: 2,
    startAt: 0,
    endAt: 48 * hour,
  });
  expect(scoreText(card)).toBe(`\
devices         2, 4 device-days
faults          1 planted, 1 found, 0 missed
cases           2 opened: 1 right, 0 wrong cause, 1 false, 0 echoes of a repair
precision       50.0 %
recall          100.0 %
lead time       median 1d1h (n = 1, 0 after the customer)
false cases     250.00 per 1,000 device-days
reading → case  p50 31s, p99 1m (n = 2)
silence         not judged: the run was accelerated, and silence is in service time
reports         10 measured, 2 never sent, 8 sent, 2 sent again
ledger          10 received = 8 acknowledged + 2 duplicates + 0 quarantined; 0 late, 0 conflicts
lost            0

failure mode  faults  found  missed  median lead  cases  right  wrong  false  echoes
leak               1      1       0         1d1h      1      1      0      0       0
seal               0      0       0            –      1      0      0      1       0

opened by
  rule:seal: 1 false, 0 wrong cause
`);
});
