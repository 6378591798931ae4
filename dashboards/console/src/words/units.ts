/** As the service writes them in its sentences. */
const shown: Readonly<Record<string, string>> = {
  Cel: '°C',
  '[degF]': '°F',
  K: 'K',
  Ohm: 'Ω',
  'm/s2': 'm/s²',
  m2: 'm²',
  m3: 'm³',
  'm3/h': 'm³/h',
  'l/min': 'L/min',
  '1': '',
  '{count}': '',
  '[g]': 'g₀',
  '[ppm]': 'ppm',
  '[rpm]': 'rpm',
  '{rev}/min': 'rev/min',
  ug: 'µg',
  us: 'µs',
};

/** A UCUM unit as people write it. Annotations in braces are for machines and are left out. */
export function unitWords(ucum: string | null): string {
  if (ucum === null) return '';
  return shown[ucum] ?? ucum.replace(/\{[^}]*\}/g, '');
}
