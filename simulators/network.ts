import { dayMs, hourMs, minuteMs, secondMs } from '../src/base/index.ts';

/** How well a device's reports get through. Plain data. */
export interface Network {
  /** Mean time under way. */
  readonly latencyMs: number;
  /** Share of messages held up on their way so that later ones overtake them, and for how long at most. */
  readonly overtakenShare: number;
  readonly heldUpMs: number;
  /** Share of messages that arrive a second time, because an acknowledgement was lost. */
  readonly repeatedShare: number;
  /** Spells without a connection: how many a day, and how long on average. Reports wait in the device meanwhile. */
  readonly offlinePerDay: number;
  readonly offlineMs: number;
  /** Reports that fit into the device's memory, the oldest being lost beyond it, and into one message afterwards. */
  readonly bufferReports: number;
  readonly batchReports: number;
  /** A reboot begins a new `boot`, loses what waits in memory, and stops a device's clock until it is set again. */
  readonly rebootsPerDay: number;
  /** Share of devices with a clock that is wrong for good (they tell `sentAt`), or after each boot (they do not). */
  readonly badClockShare: number;
}

const good: Network = {
  latencyMs: 80,
  overtakenShare: 0,
  heldUpMs: 0,
  repeatedShare: 0.0005,
  offlinePerDay: 0.02,
  offlineMs: 20 * minuteMs,
  bufferReports: 2_880,
  batchReports: 100,
  rebootsPerDay: 0.02,
  badClockShare: 0,
};

/** Networks by name. `perfect` loses, repeats and delays nothing. */
export const networks = {
  perfect: {
    ...good,
    latencyMs: 0,
    repeatedShare: 0,
    offlinePerDay: 0,
    rebootsPerDay: 0,
  },
  good,
  bad: {
    latencyMs: 2 * secondMs,
    overtakenShare: 0.02,
    heldUpMs: 5 * minuteMs,
    repeatedShare: 0.02,
    offlinePerDay: 1.5,
    offlineMs: 3 * hourMs,
    bufferReports: 720,
    batchReports: 100,
    rebootsPerDay: 0.3,
    badClockShare: 0.2,
  },
} as const satisfies Readonly<Record<string, Network>>;

/** A clock that loses its time at a reboot is set again by the network within this. */
export const clockSetMs = 5 * minuteMs;

/** Checked so that a scenario from a file cannot hang or starve a run; every problem, none when it is sound. */
export function networkProblems(network: Network): readonly string[] {
  const problems: string[] = [];
  for (const name of ['overtakenShare', 'repeatedShare', 'badClockShare'] as const) {
    if (!(network[name] >= 0 && network[name] <= 1)) problems.push(`${name} must be 0 to 1`);
  }
  for (const name of ['latencyMs', 'heldUpMs', 'offlineMs'] as const) {
    if (!(network[name] >= 0 && network[name] <= 30 * dayMs)) problems.push(`${name} must be 0 to 30 days`);
  }
  for (const name of ['offlinePerDay', 'rebootsPerDay'] as const) {
    if (!(network[name] >= 0 && network[name] <= 100)) problems.push(`${name} must be 0 to 100`);
  }
  const { bufferReports, batchReports } = network;
  if (!(Number.isInteger(bufferReports) && bufferReports >= 1)) problems.push('bufferReports must be at least 1');
  if (!(Number.isInteger(batchReports) && batchReports >= 1 && batchReports <= 500)) {
    problems.push('batchReports must be 1 to 500');
  }
  return problems;
}
