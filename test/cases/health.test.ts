import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DeviceTrouble, healthOf, healthStates } from '../../src/cases/index.ts';
import { severities } from '../../src/telemetry/index.ts';

const calm: DeviceTrouble = {
  ...{ device: 'f1', openCases: 0, openFindings: 0 },
  ...{ worst: undefined, safety: false, silent: false },
};
const active = (changes: Partial<DeviceTrouble>) => healthOf('active', { ...calm, ...changes });

describe('the health of a device', () => {
  it('is good while nothing is open, and unknown before the first report and after retiring', () => {
    expect(healthOf('active', undefined)).toBe('good');
    expect(healthOf('active', calm)).toBe('good');
    expect(healthOf('registered', undefined)).toBe('unknown');
    expect(healthOf('retired', { ...calm, worst: 'critical', silent: true })).toBe('unknown');
  });

  it('follows the worst finding that holds', () => {
    expect(severities.map((worst) => active({ worst }))).toEqual(['watch', 'watch', 'degraded', 'failing']);
    expect(active({ worst: 'info', safety: true })).toBe('failing');
  });

  it('is watch while a case waits though its findings are over', () => {
    expect(active({ openCases: 1 })).toBe('watch');
  });

  it('is silent rather than degraded, and failing rather than silent', () => {
    expect(active({ silent: true })).toBe('silent');
    expect(active({ silent: true, worst: 'major' })).toBe('silent');
    expect(active({ silent: true, worst: 'critical' })).toBe('failing');
    expect(healthOf('registered', { ...calm, silent: true })).toBe('silent');
  });

  it('never gets better by one more finding', () => {
    const rank = ['good', 'watch', 'degraded', 'failing'];
    const worst = fc.constantFrom(undefined, ...severities);
    fc.assert(
      fc.property(worst, worst, fc.nat(3), fc.boolean(), (a, b, openCases, safety) => {
        const worse = severities.findLast((severity) => severity === a || severity === b);
        const before = rank.indexOf(active({ worst: a, openCases, safety }));
        expect(rank.indexOf(active({ worst: worse, openCases, safety }))).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it('is one of the states that lists are filtered by', () => {
    expect(healthStates).toEqual(['good', 'watch', 'degraded', 'failing', 'silent', 'unknown']);
  });
});
