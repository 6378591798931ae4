import { describe, expect, it } from 'vitest';
import { Problem } from '../../dashboards/console/src/api/problem.ts';

describe('a problem, as people read it', () => {
  it('keeps what helps them and leaves out what is meant for programs', () => {
    const hint = (text: string) => new Problem(409, { hint: text }).hint;
    expect(hint('Look at the case, then try again.')).toBe('Look at the case, then try again.');
    expect(hint('GET /api/v1/devices lists them.')).toBeNull();
    expect(hint('Correct it; /openapi.json tells what each field takes.')).toBeNull();
  });
});
