import { assert, dayMs, hourMs, minuteMs } from '../src/base/index.ts';
import type { FaultCourse, Sensor } from './fault.ts';
import { linkLoss, sensorFaults } from './faults/index.ts';
import { models, type ProductModel } from './models/index.ts';
import { type Place, placeFor } from './place.ts';
import { Random } from './random.ts';
import { pacedOnset, type Scenario } from './scenario.ts';
import type { Truth } from './truth.ts';

/** One device of a run before it begins. */
export interface DevicePlan {
  readonly index: number;
  readonly id: string;
  readonly model: ProductModel;
  readonly place: Place;
  readonly firmware: string;
  readonly serial: string;
  readonly batch: string;
  readonly installedAt: number;
  readonly fault: PlannedFault | undefined;
}

export interface PlannedFault {
  readonly truth: Truth;
  readonly curve: number;
  /** When severity would reach 1; for a broken link, which fails at once, its start. */
  readonly fullAt: number;
  readonly sensor: Sensor | undefined;
}

interface Candidate {
  readonly course: FaultCourse;
  readonly sensor: Sensor | undefined;
}

/** Detectors get this share of a run to learn from before the first fault begins. */
const healthyShare = 0.25;
/** And at its end there is room for the fault to be seen whole. */
const settledShare = 0.92;
const settleMs = 2 * dayMs;
const repairMs: readonly [number, number] = [12 * hourMs, 3 * dayMs];
const batches = ['24-A', '24-B', '25-A'] as const;

/** Who takes part and what will be wrong with them: all chance that is not physics or network is used up here. */
export function planDevices(scenario: Scenario): DevicePlan[] {
  const { seed, devices } = scenario;
  const random = new Random(seed, 'plan');
  const faulty = new Set(
    random
      .shuffle(Array.from({ length: devices }, (_, index) => index))
      .slice(0, Math.round(scenario.faultShare * devices)),
  );
  const products = productsOf(scenario);
  const decks = new Map<ProductModel, Candidate[]>();
  return products.map((model, index) => {
    const own = new Random(seed, 'device', index);
    const id = `${scenario.name}-${model.idPrefix}-${String(index + 1).padStart(3, '0')}`;
    const place = placeFor(own);
    const deck = decks.get(model) ?? [];
    decks.set(model, deck);
    const fault = faulty.has(index) ? planFault(scenario, { id, model, random: own }, deck) : undefined;
    return {
      index,
      id,
      model,
      place,
      firmware: own.pick(model.firmware),
      serial: `${model.idPrefix.slice(0, 2).toUpperCase()}${String(100_000 + own.below(900_000))}`,
      batch: own.pick(batches),
      installedAt: Math.round((scenario.startAt - own.between(30, 900) * dayMs) / minuteMs) * minuteMs,
      fault,
    };
  });
}

/** One model for each device, in the shares of the mix and interleaved. */
function productsOf({ devices, mix }: Scenario): ProductModel[] {
  const shares = Object.entries(mix).filter(([, share]) => share > 0);
  const total = shares.reduce((sum, [, share]) => sum + share, 0);
  const given = shares.map(() => 0);
  return Array.from({ length: devices }, (_, index) => {
    const lacks = shares.map(([, share], place) => ((index + 1) * share) / total - (given[place] ?? 0));
    const place = lacks.indexOf(Math.max(...lacks));
    given[place] = (given[place] ?? 0) + 1;
    const model = models.get(shares[place]?.[0] ?? '');
    assert(model !== undefined, 'the mix was checked');
    return model;
  });
}

function planFault(
  scenario: Scenario,
  device: { readonly id: string; readonly model: ProductModel; readonly random: Random },
  deck: Candidate[],
): PlannedFault | undefined {
  const { model, random, id } = device;
  // A deck is dealt to its end before it is shuffled again, so that a few devices show many kinds.
  if (deck.length === 0) deck.push(...random.shuffle(candidates(model, scenario.faults, random)));
  const dealt = deck.pop();
  if (!dealt) return undefined;
  const { course, sensor } = dealt;
  const onsetMs = Math.round(pacedOnset(random.between(...course.onsetMs), scenario.faultPace));
  const earliest = scenario.startAt + healthyShare * scenario.lengthMs;
  const latest = Math.max(earliest, scenario.startAt + settledShare * scenario.lengthMs - onsetMs);
  const startsAt = Math.round(random.between(earliest, latest));
  const fullAt = startsAt + onsetMs;
  const repairedAt = fullAt + Math.round(random.between(...repairMs));
  const endsAt = Math.min(repairedAt, scenario.startAt + scenario.lengthMs);
  const truth: Truth = {
    device: id,
    product: model.product,
    fault: course.id,
    kind: course.kind,
    signal: sensor?.signal,
    failureMode: course.failureMode,
    alsoFits: [...course.alsoFits, 'anomaly'],
    startsAt,
    noticeableAt: startsAt + Math.round(onsetMs * course.noticeable ** (1 / course.curve)),
    failsAt: course.kind === 'product' ? fullAt : undefined,
    endsAt,
    settledAt: endsAt + settleMs,
  };
  return { truth, curve: course.curve, fullAt, sensor };
}

/** Every fault a product can have once, each sensor fault on one of its sensors. */
function candidates(model: ProductModel, wanted: readonly string[] | undefined, random: Random): Candidate[] {
  const own = model.faults.map((course): Candidate => ({ course, sensor: undefined }));
  const sensed = sensorFaults.map((fault): Candidate => {
    const sensor = random.pick(model.sensors);
    const course: FaultCourse = {
      ...fault,
      kind: 'sensor',
      failureMode: 'sensor-fault',
      alsoFits: fault.alsoFits(sensor),
    };
    return { course, sensor };
  });
  const all = [...own, ...sensed, { course: linkLoss, sensor: undefined }];
  return all.filter(({ course }) => wanted === undefined || wanted.includes(course.id));
}

/** 0 before and after, rising to 1 and staying there until the repair. */
export function severityAt({ truth, curve, fullAt }: PlannedFault, at: number): number {
  if (at < truth.startsAt || at >= truth.endsAt) return 0;
  if (at >= fullAt) return 1;
  return ((at - truth.startsAt) / (fullAt - truth.startsAt)) ** curve;
}
