import { nearest } from '../base/index.ts';

/**
 * UCUM, case-sensitive form (https://ucum.org/ucum): its whole syntax, with the atoms that products use in practice.
 * Nothing is converted; two signals may be compared when their units are written alike.
 */
const prefixes = 'Y Z E P T G M k h da d c m u n p f a z y Ki Mi Gi Ti'.split(' ');

/** Atoms that take a metric prefix. */
const metricAtoms = new Set(
  [
    'm s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar eV u cal',
    'Gal P St Mx G Oe Ci R RAD REM mho kat U eq osm B Np B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW]',
    'bit By Bd g% [iU] [IU] st gf dyn erg Ky Gb Lmb sb ph Bi cal_IT cal_th tex m[H2O] m[Hg] pc',
  ]
    .join(' ')
    .split(' '),
);

const plainAtoms = new Set(
  [
    "10* 10^ [pi] % [ppth] [ppm] [ppb] [pptr] min h d wk mo mo_j a a_j deg ' '' gon circ att atm AU [car_Au]",
    '[in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [kn_i] [mil_i] [sin_i] [sft_i] [syd_i] [cin_i] [cft_i] [cyd_i] [fth_i]',
    '[acr_us] [gal_us] [qt_us] [pt_us] [foz_us] [bbl_us] [gal_br] [gr] [lb_av] [oz_av] [ston_av] [lton_av] [lbf_av]',
    "[psi] [degF] [degR] [Btu] [Btu_IT] [Btu_th] [HP] [pH] [drop] [car_m] [g] [c] [e] [k] [eps_0] [mu_0] [in_i'H2O]",
    "[in_i'Hg] [ly] [p'diop] [PNU] [CFU] [FFU] [PFU] bit_s [Cal] [smoot] tex [den] [h] [m_e] [m_p] [G] sph [S] [degRe]",
  ]
    .join(' ')
    .split(' '),
);

/** What people write, and what UCUM calls it. */
const habits: Readonly<Record<string, string>> = {
  '°C': 'Cel',
  '℃': 'Cel',
  degC: 'Cel',
  celsius: 'Cel',
  '°F': '[degF]',
  degF: '[degF]',
  '°': 'deg',
  Ω: 'Ohm',
  ohm: 'Ohm',
  psi: '[psi]',
  ppm: '[ppm]',
  ppb: '[ppb]',
  rpm: '{rpm}',
  percent: '%',
  sec: 's',
  hr: 'h',
  hour: 'h',
  hours: 'h',
  day: 'd',
  minute: 'min',
  kWh: 'kW.h',
  Wh: 'W.h',
  Ah: 'A.h',
  mAh: 'mA.h',
  inch: '[in_i]',
  ft: '[ft_i]',
  lb: '[lb_av]',
  hp: '[HP]',
  'm³': 'm3',
  'm²': 'm2',
  µm: 'um',
  byte: 'By',
  bytes: 'By',
};

const unitLengthMax = 64;

/** Why the text is not a UCUM unit; undefined when it is one. */
export function unitProblem(unit: string): string | undefined {
  const meant = habits[unit];
  if (meant !== undefined) return `'${unit}' is not a UCUM unit; did you mean '${meant}'?`;
  if (unit === '') return 'a unit cannot be empty; leave it out, or write "1" for a plain number';
  if (unit.length > unitLengthMax) return `a unit has at most ${unitLengthMax} characters`;
  const parser = new UnitParser(unit);
  const problem = parser.parse();
  return problem === undefined ? undefined : `'${unit}' is not a UCUM unit: ${problem}`;
}

/** Recursive descent over UCUM's grammar; depth is bounded by the length of a unit. */
class UnitParser {
  readonly #text: string;
  #position = 0;
  #problem: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): string | undefined {
    this.#take('/');
    this.#term();
    if (this.#problem === undefined && this.#position < this.#text.length) {
      this.#fail(`unexpected '${this.#text.charAt(this.#position)}'`);
    }
    return this.#problem;
  }

  #term(): void {
    this.#component();
    while (this.#problem === undefined && (this.#take('.') || this.#take('/'))) this.#component();
  }

  #component(): void {
    if (this.#take('(')) {
      this.#term();
      if (this.#problem === undefined && !this.#take(')')) this.#fail("')' is missing");
      return;
    }
    if (this.#annotation()) return;
    if (this.#match(/(?!10[*^])[0-9]+/y) !== undefined) {
      this.#annotation();
      return;
    }
    const symbol = this.#match(/(?:10[*^]|(?:\[[^\]{}\s]*\]|[^\s.()/{}[\]0-9+-])+)/y);
    if (symbol === undefined) {
      this.#fail(
        this.#position < this.#text.length ? `unexpected '${this.#text.charAt(this.#position)}'` : 'it ends early',
      );
      return;
    }
    if (!isSimpleUnit(symbol)) {
      const meant = habits[symbol] ?? nearest(symbol, [...metricAtoms, ...plainAtoms]);
      this.#fail(`there is no unit '${symbol}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`);
      return;
    }
    this.#match(/[+-]?[0-9]+/y);
    this.#annotation();
  }

  #annotation(): boolean {
    return this.#match(/\{[!-z|~]*\}/y) !== undefined;
  }

  #take(character: string): boolean {
    if (this.#text.charAt(this.#position) !== character) return false;
    this.#position += 1;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#position += match[0].length;
    return match[0];
  }

  #fail(problem: string): void {
    this.#problem ??= problem;
  }
}

function isSimpleUnit(symbol: string): boolean {
  if (plainAtoms.has(symbol) || metricAtoms.has(symbol)) return true;
  return prefixes.some((prefix) => symbol.startsWith(prefix) && metricAtoms.has(symbol.slice(prefix.length)));
}
