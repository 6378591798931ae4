import { AftercareError, dayMs, minuteMs, nearest } from '../src/base/index.ts';
import { linkLoss, sensorFaults } from './faults/index.ts';
import { models } from './models/index.ts';
import { type Network, networkProblems, networks } from './network.ts';

/** What is simulated. Plain data: a scenario with the same values gives the same bytes. */
export interface Scenario {
  /** Begins the ids of its devices. */
  readonly name: string;
  readonly seed: number;
  /** Epoch ms; faults and their repairs are planned within `lengthMs` of it. */
  readonly startAt: number;
  readonly lengthMs: number;
  readonly devices: number;
  /** Share of the devices by the product's id; shares are relative to each other. */
  readonly mix: Readonly<Record<string, number>>;
  /** Share of the devices that get a fault, one each. */
  readonly faultShare: number;
  /** Ids of the faults that are planted; undefined: all that the product can have. */
  readonly faults: readonly string[] | undefined;
  /** Faults that take days grow so many times faster than in nature, so that a short run sees their whole life. */
  readonly faultPace: number;
  readonly network: Network;
}

/** Room for a run of any length: nothing before 2000 is believed of a device, and dates end in 275760. */
const earliestStart = Date.UTC(2000, 0, 2);
const devicesMax = 100_000;
const lengthMsMax = 20 * 366 * dayMs;
const onsetSpare = 2 * dayMs;

/** Ready-made scenarios, but for the time at which they start. */
export const scenarios = {
  /** Forty devices, most of them well; a week in which every kind of fault is seen. */
  demo: {
    name: 'demo',
    seed: 1,
    lengthMs: 7 * dayMs,
    devices: 40,
    mix: { 'cold-fridge': 3, 'water-pump': 2 },
    faultShare: 0.35,
    faults: undefined,
    faultPace: 12,
    network: { ...networks.good, rebootsPerDay: 0.05 },
  },
  /** Nothing breaks: every case is a false one. */
  'healthy-year': {
    name: 'healthy',
    seed: 1,
    lengthMs: 365 * dayMs,
    devices: 100,
    mix: { 'cold-fridge': 1, 'water-pump': 1 },
    faultShare: 0,
    faults: undefined,
    faultPace: 1,
    network: networks.good,
  },
  /** The demo's faults behind a network that loses, repeats, delays and misdates. */
  'bad-network': {
    name: 'badnet',
    seed: 1,
    lengthMs: 14 * dayMs,
    devices: 40,
    mix: { 'cold-fridge': 1, 'water-pump': 1 },
    faultShare: 0.35,
    faults: undefined,
    faultPace: 6,
    network: networks.bad,
  },
} as const satisfies Readonly<Record<string, Omit<Scenario, 'startAt'>>>;

export type ScenarioName = keyof typeof scenarios;

/** A ready-made scenario by name. Throws `request-invalid` with the names there are. */
export function scenarioNamed(name: string, startAt: number): Scenario {
  const found = Object.entries(scenarios).find(([known]) => known === name);
  if (found) return { ...found[1], startAt };
  const names = Object.keys(scenarios);
  const guess = nearest(name, names);
  const hint = guess === undefined ? `there are: ${names.join(', ')}` : `did you mean ${guess}?`;
  throw new AftercareError('request-invalid', `there is no scenario '${name}'`, { hint });
}

/** Throws `request-invalid` with every problem at once. */
export function checkScenario(scenario: Scenario): void {
  const { name, devices, faultPace, faultShare, lengthMs, mix, seed, startAt } = scenario;
  const problems = networkProblems(scenario.network).map((problem) => `network.${problem}`);
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) problems.push('name must be lower-case letters, digits and -');
  if (!Number.isSafeInteger(seed)) problems.push('seed must be a whole number');
  if (!(Number.isSafeInteger(startAt) && startAt >= earliestStart)) problems.push('startAt must be after 2000');
  if (!(Number.isSafeInteger(lengthMs) && lengthMs >= minuteMs && lengthMs <= lengthMsMax)) {
    problems.push('lengthMs must be a minute to 20 years');
  }
  if (!(Number.isInteger(devices) && devices >= 1 && devices <= devicesMax)) {
    problems.push(`devices must be 1 to ${devicesMax}`);
  }
  if (!(faultShare >= 0 && faultShare <= 1)) problems.push('faultShare must be 0 to 1');
  if (!(faultPace > 0 && faultPace <= 1_000)) problems.push('faultPace must be above 0 and at most 1000');
  const shares = Object.entries(mix);
  if (!shares.some(([, share]) => share > 0)) problems.push('mix must give a product a share');
  for (const [product, share] of shares) {
    if (!models.has(product)) problems.push(`mix: there is no model of '${product}'`);
    if (!(share >= 0 && Number.isFinite(share))) problems.push(`mix: the share of '${product}' must be 0 or more`);
  }
  for (const fault of scenario.faults ?? []) {
    if (!knownFaults().has(fault)) problems.push(`faults: there is no fault '${fault}'`);
  }
  if (problems.length === 0) return;
  throw new AftercareError('request-invalid', `the scenario cannot be run: ${problems.join('; ')}`);
}

/** Ids of all faults there are. */
export function knownFaults(): ReadonlySet<string> {
  const own = [...models.values()].flatMap(({ faults }) => faults);
  return new Set([...own, ...sensorFaults, linkLoss].map(({ id }) => id));
}

/** How long a fault grows in a scenario: hours and less are as in nature. */
export function pacedOnset(naturalMs: number, faultPace: number): number {
  return naturalMs <= onsetSpare ? naturalMs : Math.max(onsetSpare / 4, naturalMs / faultPace);
}
