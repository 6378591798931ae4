import { describe, expect, it } from 'vitest';
import { goldenCases, type Outcome, standingHeads } from './golden-case.ts';
import { outcomeOnClock } from './on-clock.ts';

const cases = goldenCases();

/** What corrections leave standing. */
function standing(outcome: Outcome): object {
  const { findings, counts } = outcome;
  const left = findings.filter((text) => !text.endsWith('withdrawn'));
  return { findings: left.sort(), cases: standingHeads(outcome).sort(), counts };
}

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  it.each(cases.filter((item) => item.file === file).map((item) => [item.name, item] as const))(
    '%s',
    async (_, item) => {
      expect(await outcomeOnClock(item)).toEqual(item.expected);
      expect(await outcomeOnClock(item, 'restart'), 'with a restart after every message').toEqual(item.expected);
      const corrected = standing(await outcomeOnClock(item, 'tick'));
      expect(corrected, 'with a tick after every message').toEqual(standing(item.expected));
    },
  );
});
