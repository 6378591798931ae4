import { Random } from '../../simulators/random.ts';
import type { Sizes } from './service.ts';

const minuteMs = 60_000;
const absent = Number.POSITIVE_INFINITY;

/** What a run has in store, drawn from its seed. Each kind of trouble is there in some runs only: they hide each other. */
export interface Plan {
  readonly devices: number;
  /** How long devices make reports and things go wrong. */
  readonly lengthMs: number;
  readonly withServer: boolean;
  readonly withPeople: boolean;
  readonly newPackAtMs: number;
  /** After that, the version after it. */
  readonly nextPackAfterMs: number;
  readonly sizes: Sizes;
  /** Of deaths of the process: mean number of steps between them, and how many at most. */
  readonly deathEverySteps: number;
  readonly deathsMax: number;
  /** How it dies. */
  readonly powerShare: number;
  readonly stopShare: number;
  /** Mean times between troubles that last a while; infinity when there are none of the kind. */
  readonly storeAwayEveryMs: number;
  readonly serverAwayEveryMs: number;
  readonly casesAwayEveryMs: number;
  readonly diskFullEveryMs: number;
  readonly slowEveryMs: number;
  readonly diskErrorEveryMs: number;
  readonly clockSetEveryMs: number;
  readonly forgetsFailedSyncs: boolean;
  /** The first device is the gateway of the others. */
  readonly withGateway: boolean;
  /** Mean time between plans of maintenance. */
  readonly maintenanceEveryMs: number;
}

export function drawPlan(seed: number): Plan {
  const random = new Random('plan', seed);
  const packs = new Random('packs', seed);
  const sometimes = (share: number, meanMs: number) => (random.chance(share) ? meanMs : absent);
  const smallLog = random.chance(0.3);
  return {
    devices: 1 + random.below(4),
    lengthMs: random.between(4, 24) * minuteMs,
    withServer: random.chance(0.4),
    withPeople: random.chance(0.3),
    nextPackAfterMs: packs.chance(0.6) ? packs.between(0.2, 6) * minuteMs : absent,
    newPackAtMs: random.chance(0.3) ? random.between(1, 15) * minuteMs : absent,
    sizes: {
      logBytesMax: smallLog ? 12_000 : 1e9,
      segmentBytesMax: random.pick([1_000, 4_000, 1e6]),
      cacheBytesMax: random.pick([0, 2_000, 1e6]),
      logAgeMs: random.pick([1, 5, 600]) * minuteMs,
      leadRecordsMax: random.pick([5, 20_000]),
      commitEveryMs: random.pick([100, 1_000, 30_000]),
      tickEveryMs: 40_000,
    },
    deathEverySteps: random.pick([150, 500, 1_500]),
    deathsMax: random.chance(0.15) ? 0 : 1 + random.below(6),
    powerShare: random.pick([0.2, 0.6, 1]),
    stopShare: random.pick([0, 0.2]),
    storeAwayEveryMs: sometimes(0.3, 4 * minuteMs),
    serverAwayEveryMs: sometimes(0.7, 4 * minuteMs),
    casesAwayEveryMs: sometimes(0.3, 4 * minuteMs),
    diskFullEveryMs: sometimes(0.15, 5 * minuteMs),
    slowEveryMs: sometimes(0.3, 4 * minuteMs),
    diskErrorEveryMs: sometimes(0.25, random.pick([15_000, 2 * minuteMs])),
    clockSetEveryMs: sometimes(0.3, 4 * minuteMs),
    forgetsFailedSyncs: random.chance(0.5),
    withGateway: random.chance(0.5),
    maintenanceEveryMs: sometimes(0.4, 3 * minuteMs),
  };
}
