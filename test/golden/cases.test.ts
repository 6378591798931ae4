import { describe, expect, it } from 'vitest';
import { goldenCases } from './golden-case.ts';
import { outcomeOnClock } from './on-clock.ts';

const cases = goldenCases();

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  it.each(cases.filter((item) => item.file === file).map((item) => [item.name, item] as const))(
    '%s',
    async (_, item) => {
      expect(await outcomeOnClock(item, { often: false })).toEqual(item.expected);
      expect(await outcomeOnClock(item, { often: true }), 'with a restart after every message').toEqual(item.expected);
    },
  );
});
