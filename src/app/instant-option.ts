import { AftercareError, parseInstant } from '../base/index.ts';

/** The time that an option of a command gives, as epoch ms. Throws `request-invalid`. */
export function instantOption(option: string, text: string): number {
  const at = parseInstant(/^-?\d+$/.test(text) ? Number(text) : text);
  if (at !== undefined) return at;
  throw new AftercareError('request-invalid', `${option} ${text} is no time`, {
    hint: 'Give epoch milliseconds, or RFC 3339 like 2026-01-31T08:00:00Z.',
  });
}
