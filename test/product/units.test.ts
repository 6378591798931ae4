import { describe, expect, it } from 'vitest';
import { unitProblem } from '../../src/product/units.ts';

describe('UCUM', () => {
  it.each([
    'Cel 1 % A mA kW.h m3/h L/min mm[Hg] [in_i] 10*3/uL /min 1/h {rpm} {rev}/min m/s2 kg.m/s2 J/(kg.K) deg [degF]',
    'ug/m3 [psi] bar Pa MiBy dB s-1 [g] [ppm] 10*-6 m[H2O] 2.m g{total} (A.V)/s [pH] kat rad/s m+2 mol/L',
  ])('reads %s', (line: string) => {
    for (const unit of line.split(' ')) expect(unitProblem(unit), unit).toBeUndefined();
  });

  it.each(['', 'grad Celsius', 'l/mim', 'm//s', 'm/', '(m', 'm)', 'k', 'm^2', 'kmin', 'm{a', '-1', 'x'.repeat(65)])(
    'refuses %j',
    (unit) => {
      expect(unitProblem(unit)).toBeDefined();
    },
  );

  it('says what UCUM calls what people write', () => {
    expect(unitProblem('°C')).toBe("'°C' is not a UCUM unit; did you mean 'Cel'?");
    expect(unitProblem('kWh')).toContain("did you mean 'kW.h'?");
    expect(unitProblem('m/sec')).toContain("did you mean 's'?");
  });
});
