import { isWritableInstant, nearest } from '../base/index.ts';
import { type DeviceChanges, isDeviceId } from '../telemetry/index.ts';

/** What somebody says of a device that is to be registered. */
export interface DeviceInput {
  readonly id: string;
  readonly product: string;
  readonly serial?: string | undefined;
  readonly site?: string | undefined;
  readonly customer?: string | undefined;
  readonly timezone?: string | undefined;
  readonly parent?: string | undefined;
  readonly batch?: string | undefined;
  readonly installedAt?: number | undefined;
}

export const wordsMax = 200;

/** Every problem of the id and product, a sentence each. */
export function identityProblems(input: DeviceInput, products: readonly string[]): readonly string[] {
  const problems: string[] = [];
  if (!isDeviceId(input.id)) {
    const rule = '1 to 64 letters A–Z a–z, digits, dots, underscores and hyphens';
    problems.push(`${quoted(input.id)} cannot be a device id: one has ${rule}.`);
  }
  const product = productProblem(input.product, products);
  if (product !== undefined) problems.push(product);
  return problems;
}

/** Why there is no such product, with the one that may be meant; undefined when there is. */
export function productProblem(product: string, products: readonly string[]): string | undefined {
  return products.includes(product) ? undefined : unknownProduct(product, products);
}

function unknownProduct(product: string, products: readonly string[]): string {
  const near = nearest(product, products);
  const hint = near === undefined ? known(products) : `did you mean ${near}?`;
  return `There is no product ${quoted(product)}: ${hint}`;
}

function known(products: readonly string[]): string {
  if (products.length === 0) return 'no product pack is loaded.';
  return `there is ${products.slice(0, 10).join(', ')}${products.length > 10 ? ', …' : ''}.`;
}

/** Every problem of the facts that can be judged without looking at other devices, a sentence each. */
export function factProblems(facts: DeviceChanges): readonly string[] {
  const problems: string[] = [];
  for (const name of ['serial', 'site', 'customer', 'batch'] as const) {
    const value = facts[name];
    if (value === undefined || value === null) continue;
    if (value.trim() === '') problems.push(`The ${name} is empty: leave it out instead.`);
    if (value.length > wordsMax) problems.push(`The ${name} is longer than ${wordsMax} characters.`);
    if (/\p{Cc}/u.test(value)) problems.push(`The ${name} has control characters.`);
  }
  if (typeof facts.timezone === 'string' && !isTimeZone(facts.timezone)) {
    problems.push(`${quoted(facts.timezone)} is not a time zone of the IANA list, such as Europe/Oslo.`);
  }
  if (typeof facts.installedAt === 'number' && !isWritableInstant(facts.installedAt)) {
    problems.push('installedAt is not a time in the years 0001 to 9999.');
  }
  return problems;
}

/** Offsets such as +01:00 are no zones: they know nothing of summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** What somebody typed, safe to repeat to them. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
