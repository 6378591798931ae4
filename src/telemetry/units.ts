import { formatInstant } from '../base/index.ts';

/** UCUM atoms whose code is not what people write; every other atom is shown as its code. */
const symbols: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[degF]': '°F',
  '[degR]': '°R',
  deg: '°',
  "'": '′',
  "''": '″',
  Ohm: 'Ω',
  kOhm: 'kΩ',
  MOhm: 'MΩ',
  mOhm: 'mΩ',
  l: 'L',
  ml: 'mL',
  By: 'B',
  kBy: 'kB',
  MBy: 'MB',
  GBy: 'GB',
  a: 'yr',
  mo: 'months',
  wk: 'weeks',
  '[ppth]': '‰',
  '[ppm]': 'ppm',
  '[ppb]': 'ppb',
  '[pH]': 'pH',
  '[psi]': 'psi',
  '[HP]': 'hp',
  '[g]': 'g₀',
  '[in_i]': 'in',
  '[ft_i]': 'ft',
  '[mi_i]': 'mi',
  '[lb_av]': 'lb',
  '[oz_av]': 'oz',
  '[gal_us]': 'gal',
  "[in_i'H2O]": 'inH₂O',
  "[in_i'Hg]": 'inHg',
  'm[H2O]': 'mH₂O',
  'mm[H2O]': 'mmH₂O',
  'mm[Hg]': 'mmHg',
};

/** Products that people write without a dot. */
const products: Readonly<Record<string, string>> = {
  'W.h': 'Wh',
  'kW.h': 'kWh',
  'MW.h': 'MWh',
  'A.h': 'Ah',
  'mA.h': 'mAh',
  'V.A': 'VA',
  'kV.A': 'kVA',
  'N.m': 'N·m',
};

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

const thinSpace = '\u2009';

function displayAtom(atom: string): string {
  const known = symbols[atom];
  if (known !== undefined) return known;
  const power = /^(.*[A-Za-z\]])(-?\d+)$/.exec(atom);
  if (power) {
    const [, base = '', digits = ''] = power;
    return displayAtom(base) + Array.from(digits, (digit) => superscripts[digit] ?? digit).join('');
  }
  return /^u[A-Za-z]+$/.test(atom) ? `µ${displayAtom(atom.slice(1))}` : atom;
}

/**
 * A UCUM code as people write it: `Cel` → `°C`, `m/s2` → `m/s²`, `{rev}/min` → `rev/min`, `1` → nothing. A code that
 * has no other symbol is shown as it is.
 */
export function displayUnit(ucum: string | undefined): string {
  if (ucum === undefined || ucum === '1') return '';
  return ucum
    .split('/')
    .map(
      (part) =>
        products[part] ??
        part
          .split(/\.(?![^{[]*[}\]])/)
          .map(displayPart)
          .join('·'),
    )
    .join('/');
}

function displayPart(part: string): string {
  const annotated = /^([^{]*)\{([^}]*)\}$/.exec(part);
  if (annotated) {
    const [, atom = '', note = ''] = annotated;
    return atom === '' || atom === '1' ? note : displayAtom(atom);
  }
  return part === '1' ? '' : displayAtom(part);
}

/**
 * The number itself, whole digits kept and at most `digits` significant ones otherwise: 82.134 → `82.13`,
 * 0.026588 → `0.02659`, 12345.6 → `12346`.
 */
export function formatNumber(value: number, digits = 4): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-6)) return value.toExponential(digits - 1).replace('e+', 'e');
  const rounded = size >= 10 ** (digits - 1) ? Math.round(value) : Number(value.toPrecision(digits));
  return String(rounded === 0 ? 0 : rounded);
}

/** Value and unit for people, a thin space between them; angles and plain numbers have none. */
export function formatQuantity(value: number, ucum: string | undefined, digits = 4): string {
  const unit = displayUnit(ucum);
  if (unit === '') return formatNumber(value, digits);
  return formatNumber(value, digits) + (/^[°′″]$/.test(unit) ? '' : thinSpace) + unit;
}

/** `14:03 UTC`; with `date`, `2014-04-07 14:03 UTC`; with `seconds`, `14:03:27 UTC`. */
export function formatClock(at: number, shown: { readonly date?: boolean; readonly seconds?: boolean } = {}): string {
  const instant = formatInstant(at);
  const split = instant.indexOf('T');
  const clock = instant.slice(split + 1, split + (shown.seconds ? 9 : 6));
  return `${shown.date ? `${instant.slice(0, split)} ` : ''}${clock} UTC`;
}

/** "LED current" keeps its capitals, "Cabinet temperature" is a word like others inside a sentence. */
export function titleInSentence(title: string): string {
  return /^[A-Z][a-z]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;
}
