import { dayMs, minuteMs } from '../../src/base/index.ts';
import type { FaultCode } from '../../src/telemetry/index.ts';
import { bearingWear } from '../faults/bearing-wear.ts';
import { clogging } from '../faults/clogging.ts';
import { dryRun } from '../faults/dry-run.ts';
import type { Place } from '../place.ts';
import type { Random } from '../random.ts';
import { defineModel, type Machine, type MachineOptions, rounded, type Signals } from './model.ts';

/** A centrifugal pump of 11 kW that feeds a village from a well. Flow in m³/h, pressure in bar above ambient. */
export interface PumpParameters {
  /** Pressure it adds without flow, and what the square of the flow takes away. */
  shutOffBar: number;
  slopeBar: number;
  /** Pressure at the strainer, and what the square of the flow takes away in it. */
  supplyBar: number;
  strainerBar: number;
  /** Share of air in what it draws. */
  airShare: number;
  idlePowerW: number;
  /** Flow at which it is best, and its efficiency there. */
  bestFlow: number;
  efficiency: number;
  /** mm/s. */
  balanceVibration: number;
  bearingVibration: number;
  /** Warmth of the bearing above the room at full load, K. */
  bearingHeat: number;
}

const motorVolts = 400;
const powerFactor = 0.86;
const magnetisingA = 7;
const lineShare = Math.sqrt(3);
/** W for a flow of 1 m³/h against 1 bar. */
const hydraulicW = 100_000 / 3_600;
/** Below this pressure at the inlet it begins to cavitate. */
const cavitationBar = 0.1;
/** Water boils at the inlet before the pressure falls further. */
const vacuumBar = -0.95;
const bearingMs = 25 * minuteMs;
/** Its own protection: dry for so long, and it stops and says so. */
const dryTripMs = 25 * minuteMs;
const dryFlow = 0.5;
const dryCode = 'E31';
/** Head that clearances lose in a year of turning. */
const wearPerYear = 0.03;
const yearMs = 365.25 * dayMs;

/** What people draw by hour, as a share of the largest; on a weekend the morning comes later. */
const weekday = [
  0.2, 0.17, 0.15, 0.15, 0.2, 0.4, 0.8, 1, 0.85, 0.65, 0.55, 0.55, 0.65, 0.6, 0.5, 0.5, 0.55, 0.7, 0.9, 0.95, 0.8, 0.6,
  0.4, 0.28,
];
const weekend = [
  0.24, 0.2, 0.17, 0.15, 0.16, 0.2, 0.35, 0.55, 0.8, 1, 0.95, 0.85, 0.85, 0.75, 0.65, 0.6, 0.6, 0.65, 0.8, 0.85, 0.75,
  0.6, 0.45, 0.32,
];
/** Conductance of the open taps at the largest demand, m³/h for a root of a bar. */
const tapsOpen = 15;
const gardensPerK = 0.012;

export const waterPump = defineModel<PumpParameters>({
  product: 'water-pump',
  idPrefix: 'pump',
  everyMs: minuteMs,
  firmware: ['1.8.0', '1.8.2'],
  sensors: [
    { signal: 'pressure', drift: -1.5, mistakenFor: [] },
    { signal: 'bearing_temp', drift: 35, mistakenFor: ['bearing-wear'] },
    { signal: 'vibration', drift: 3, mistakenFor: ['bearing-wear'] },
  ],
  faults: [bearingWear, clogging, dryRun],
  vary: (random) => ({
    shutOffBar: 5.6 * (1 + 0.02 * random.normal()),
    slopeBar: 0.0016 * (1 + 0.04 * random.normal()),
    supplyBar: 0.7 * (1 + 0.05 * random.normal()),
    strainerBar: 0.00025 * (1 + 0.1 * random.normal()),
    airShare: 0,
    idlePowerW: 900 * (1 + 0.05 * random.normal()),
    bestFlow: 24,
    efficiency: 0.7 * (1 + 0.01 * random.normal()),
    balanceVibration: 1.1 * (1 + 0.12 * random.normal()),
    bearingVibration: 0,
    bearingHeat: 14 * (1 + 0.06 * random.normal()),
  }),
  start: (options) => new Pump(options),
});

class Pump implements Machine {
  readonly #parameters: Readonly<PumpParameters>;
  readonly #place: Place;
  readonly #random: Random;
  readonly #startAt: number;
  #at: number;
  /** Slow wander of what people draw, and of the mains. */
  #demandNoise = 0;
  #mainsNoise = 0;
  #bearing: number;
  #dryMs = 0;
  #tripped = false;
  #codes: readonly FaultCode[] = [];

  constructor({ parameters, place, random, startAt }: MachineOptions<PumpParameters>) {
    this.#parameters = parameters;
    this.#place = place;
    this.#random = random;
    this.#startAt = startAt;
    this.#at = startAt;
    this.#bearing = room(place, startAt) + parameters.bearingHeat;
  }

  read(at: number): Signals {
    const elapsedMs = at - this.#at;
    this.#at = at;
    const random = this.#random;
    const flow = this.#flow(at, elapsedMs);
    const { inlet, outlet } = this.#pressures(flow);
    this.#protect(flow, elapsedMs);
    const volts = this.#volts(at, elapsedMs);
    const shaftW = this.#shaftW(flow, outlet - inlet);
    this.#warm(at, elapsedMs, shaftW);
    return {
      flow: rounded(Math.max(0, flow * (1 + 0.008 * random.normal())), 100),
      pressure: rounded(outlet + 0.02 * random.normal(), 100),
      inlet_pressure: rounded(inlet + 0.01 * random.normal(), 100),
      motor_current: rounded(this.#current(shaftW, volts) * (1 + 0.008 * random.normal()), 100),
      voltage: rounded(volts + 0.8 * random.normal(), 10),
      vibration: rounded(Math.max(0.05, this.#vibration(flow, inlet) * (1 + 0.05 * random.normal())), 100),
      bearing_temp: rounded(this.#bearing + 0.2 * random.normal(), 10),
      running: !this.#tripped,
    };
  }

  codes(): readonly FaultCode[] {
    const told = this.#codes;
    this.#codes = [];
    return told;
  }

  /** Where the pump's curve meets the open taps: Q = c·√p, and p falls with Q². */
  #flow(at: number, elapsedMs: number): number {
    const { slopeBar, supplyBar, strainerBar } = this.#parameters;
    if (this.#tripped) return 0;
    const taps = this.#taps(at, elapsedMs);
    const pressure = Math.max(0, supplyBar + this.#shutOffBar(at));
    return taps * Math.sqrt(pressure / (1 + taps * taps * (slopeBar + strainerBar))) * this.#primed();
  }

  /** 1 in solid water; beyond a third of air no column of water holds. */
  #primed(): number {
    return Math.max(0, 1 - 3 * this.#parameters.airShare);
  }

  #shutOffBar(at: number): number {
    const worn = 1 - (wearPerYear * (at - this.#startAt)) / yearMs;
    return this.#parameters.shutOffBar * worn * this.#primed();
  }

  #taps(at: number, elapsedMs: number): number {
    const day = this.#place.weekday(at);
    const profile = day === 0 || day === 6 ? weekend : weekday;
    const hour = this.#place.hour(at);
    const whole = Math.floor(hour);
    const before = profile[whole] ?? 0;
    const share = before + ((profile[(whole + 1) % 24] ?? 0) - before) * (hour - whole);
    const keep = Math.exp(-elapsedMs / (20 * minuteMs));
    this.#demandNoise = this.#demandNoise * keep + 0.06 * Math.sqrt(1 - keep * keep) * this.#random.normal();
    const gardens = 1 + gardensPerK * Math.max(0, this.#place.outdoor(at) - 18);
    return Math.max(0.5, tapsOpen * share * gardens * (1 + this.#demandNoise));
  }

  #pressures(flow: number): { readonly inlet: number; readonly outlet: number } {
    const { supplyBar, strainerBar, slopeBar } = this.#parameters;
    const inlet = Math.max(vacuumBar, supplyBar - strainerBar * flow * flow);
    if (this.#tripped) return { inlet, outlet: Math.max(0, inlet) };
    return { inlet, outlet: Math.max(0, inlet + this.#shutOffBar(this.#at) - slopeBar * flow * flow) };
  }

  /** Dry for too long, and the pump's own protection stops it. It starts again once there is water. */
  #protect(flow: number, elapsedMs: number): void {
    const wet = this.#parameters.airShare < 0.1;
    if (this.#tripped && wet) {
      this.#tripped = false;
      this.#dryMs = 0;
      this.#codes = [{ code: dryCode, active: false }];
    }
    if (this.#tripped) return;
    this.#dryMs = flow < dryFlow && !wet ? this.#dryMs + elapsedMs : 0;
    if (this.#dryMs < dryTripMs) return;
    this.#tripped = true;
    this.#codes = [{ code: dryCode, active: true }];
  }

  /** The mains sag when the village cooks. */
  #volts(at: number, elapsedMs: number): number {
    const keep = Math.exp(-elapsedMs / (60 * minuteMs));
    this.#mainsNoise = this.#mainsNoise * keep + 2.5 * Math.sqrt(1 - keep * keep) * this.#random.normal();
    return motorVolts - 5 * Math.cos(((this.#place.hour(at) - 19) / 12) * Math.PI) + this.#mainsNoise;
  }

  #shaftW(flow: number, addedBar: number): number {
    if (this.#tripped) return 0;
    const { idlePowerW, bestFlow, efficiency } = this.#parameters;
    const off = (flow - bestFlow) / bestFlow;
    return idlePowerW + (flow * addedBar * hydraulicW) / (efficiency * Math.max(0.3, 1 - 0.45 * off * off));
  }

  #current(shaftW: number, volts: number): number {
    if (this.#tripped) return 0;
    const working = shaftW / (lineShare * volts * powerFactor);
    const magnetising = (magnetisingA * volts) / motorVolts;
    return Math.sqrt(working * working + magnetising * magnetising);
  }

  /** Least at the best flow; more beside it, when it cavitates or draws air, and with every pit in a bearing. */
  #vibration(flow: number, inlet: number): number {
    if (this.#tripped) return 0;
    const { balanceVibration, bearingVibration, bestFlow, airShare } = this.#parameters;
    const off = (flow - bestFlow) / bestFlow;
    const cavitating = Math.min(3, Math.max(0, cavitationBar - inlet) * 12);
    return balanceVibration * (1 + 0.25 * off * off) + bearingVibration + cavitating * (1 - airShare) + 2.5 * airShare;
  }

  #warm(at: number, elapsedMs: number, shaftW: number): void {
    const { bearingHeat, airShare } = this.#parameters;
    // Dry, the seal beside the bearing is no longer cooled.
    const load = this.#tripped ? 0 : 0.8 + shaftW / 20_000 + 3 * airShare;
    const towards = room(this.#place, at) + bearingHeat * load;
    this.#bearing = towards + (this.#bearing - towards) * Math.exp(-elapsedMs / bearingMs);
  }
}

/** The pump house keeps some of the ground's temperature. */
function room(place: Place, at: number): number {
  return 16 + 0.4 * (place.outdoor(at) - 16);
}
