import { assert } from '../src/base/index.ts';
import type { Arrival } from './arrival.ts';
import { Device } from './device.ts';
import { Link, type ReportCounts } from './link.ts';
import { type DevicePlan, planDevices } from './plan.ts';
import { Random } from './random.ts';
import { checkScenario, type Scenario } from './scenario.ts';
import { TimeQueue } from './time-queue.ts';
import type { Truth } from './truth.ts';

/** What a device is registered with. */
export interface SimulatedDevice {
  readonly id: string;
  readonly product: string;
  readonly serial: string;
  readonly site: string;
  readonly timezone: string;
  readonly batch: string;
  readonly installedAt: number;
}

export interface Simulation {
  readonly devices: readonly SimulatedDevice[];
  /** Every planted fault, by its start. Known before the run. */
  readonly truth: readonly Truth[];
  /** Changes while {@link arrivals} is read. */
  readonly counts: Readonly<ReportCounts>;
  /**
   * Every message in the order of arrival, ties in the order of sending. Made as it is read, in memory that does not
   * grow with the length. Can be read once.
   */
  readonly arrivals: Iterable<Arrival>;
}

export interface SimulateOptions {
  /** Goes on after the scenario's length for as long as it is read; no further faults begin. */
  readonly endless?: boolean;
}

/** Runs a scenario. The same scenario gives the same messages and the same truth. Throws `request-invalid`. */
export function simulate(scenario: Scenario, options: SimulateOptions = {}): Simulation {
  checkScenario(scenario);
  const plans = planDevices(scenario);
  const counts: ReportCounts = { generated: 0, delivered: 0, repeated: 0, lost: 0, waiting: 0 };
  return {
    devices: plans.map(simulatedDevice),
    truth: plans
      .flatMap(({ fault }) => (fault === undefined ? [] : [fault.truth]))
      .sort((a, b) => a.startsAt - b.startsAt),
    counts,
    arrivals: run(scenario, plans, counts, options.endless === true),
  };
}

function* run(
  scenario: Scenario,
  plans: readonly DevicePlan[],
  counts: ReportCounts,
  endless: boolean,
): Generator<Arrival, void, void> {
  const endAt = endless ? Number.POSITIVE_INFINITY : scenario.startAt + scenario.lengthMs;
  const measuring = new TimeQueue<Device>();
  const underWay = new TimeQueue<Arrival>();
  const deliver = (arrival: Arrival) => underWay.push(arrival.arrivesAt, arrival);
  const devices = plans.map((plan) => makeDevice(scenario, plan, counts, deliver));
  for (const device of devices) {
    // Devices do not report in step with each other.
    const phaseMs = new Random(scenario.seed, 'phase', device.plan.index).below(device.plan.model.everyMs);
    measuring.push(scenario.startAt + phaseMs, device);
  }
  for (let at = measuring.nextAt; at < endAt; at = measuring.nextAt) {
    yield* arrivedBy(underWay, at);
    const device = measuring.pop();
    assert(device !== undefined, 'every device measures for ever');
    device.measure(at);
    measuring.push(at + device.plan.model.everyMs, device);
  }
  for (const { link } of devices) link.flush(endAt);
  yield* arrivedBy(underWay, Number.POSITIVE_INFINITY);
}

/** Nothing that is measured later can arrive earlier, so what is due can go. */
function* arrivedBy(underWay: TimeQueue<Arrival>, at: number): Generator<Arrival, void, void> {
  while (underWay.size > 0 && underWay.nextAt <= at) {
    const arrival = underWay.pop();
    if (arrival !== undefined) yield arrival;
  }
}

function makeDevice(
  scenario: Scenario,
  plan: DevicePlan,
  counts: ReportCounts,
  deliver: (arrival: Arrival) => void,
): Device {
  const { seed, startAt, network } = scenario;
  const { id, index, model, place, firmware } = plan;
  const random = (purpose: string) => new Random(seed, purpose, index);
  const unit = model.build({ place, random: random('physics'), startAt });
  const link = new Link({
    device: id,
    product: model.product,
    firmware,
    network,
    random: random('network'),
    startAt,
    counts,
    deliver,
  });
  return new Device({ plan, unit, link, random: random('sensor') });
}

function simulatedDevice({ id, model, serial, place, batch, installedAt }: DevicePlan): SimulatedDevice {
  return { id, product: model.product, serial, site: place.site, timezone: place.timezone, batch, installedAt };
}
