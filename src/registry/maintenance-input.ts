import { dayMs, formatInstant, isWritableInstant } from '../base/index.ts';
import { type MaintenancePlan, type MaintenanceQuery, maintenanceKeys } from '../telemetry/index.ts';
import { wordsMax } from './device-input.ts';

/** What somebody says of maintenance that is to be planned. */
export interface MaintenanceInput {
  readonly query: MaintenanceQuery;
  readonly owner: string;
  readonly reason: string;
  /** Epoch ms; undefined: now. */
  readonly from: number | undefined;
  readonly to: number;
}

/** What is forgotten and never ended hides nothing any more after this long. */
const lengthMsMax = 90 * dayMs;
/** Planned or under way at one time: each is looked at for each finding. */
export const openMaintenanceMax = 500;

/** Every problem that can be judged without looking at what there is, a sentence each. */
export function maintenanceProblems(input: MaintenanceInput, now: number): readonly string[] {
  const { query, owner, reason, from = now, to } = input;
  const problems: string[] = [];
  const given = maintenanceKeys.filter((key) => query[key] !== undefined);
  if (given.length === 0) {
    problems.push(`It names no devices: give at least one of ${maintenanceKeys.join(', ')}.`);
  }
  const words = { ...Object.fromEntries(given.map((key) => [key, query[key] ?? ''])), owner, reason };
  for (const [name, value] of Object.entries(words)) {
    if (value.trim() === '') problems.push(`The ${name} is empty.`);
    if (value.length > wordsMax) problems.push(`The ${name} is longer than ${wordsMax} characters.`);
    if (/\p{Cc}/u.test(value)) problems.push(`The ${name} has control characters.`);
  }
  if (!isWritableInstant(from) || !isWritableInstant(to)) problems.push('A time is not in the years 0001 to 9999.');
  else if (to <= from) problems.push(`It ends at ${formatInstant(to)}, which is not after its beginning.`);
  else if (to <= now) problems.push(`It ends at ${formatInstant(to)}: that is over, and what was found then is told.`);
  else if (to - from > lengthMsMax) problems.push(`It is longer than ${lengthMsMax / dayMs} days.`);
  return problems;
}

export function planOf(id: string, { query, owner, reason, from, to }: MaintenanceInput, now: number): MaintenancePlan {
  const given = maintenanceKeys.filter((key) => query[key] !== undefined).map((key) => [key, query[key]?.trim()]);
  return { id, query: Object.fromEntries(given), owner: owner.trim(), reason: reason.trim(), from: from ?? now, to };
}
