import { hourMs, minuteMs, secondMs } from '../../src/base/index.ts';
import { doorSealWear } from '../faults/door-seal.ts';
import { fanStall } from '../faults/fan-stall.ts';
import { refrigerantLeak } from '../faults/refrigerant-leak.ts';
import { startRelayWear } from '../faults/start-relay.ts';
import type { Place } from '../place.ts';
import type { Random } from '../random.ts';
import { defineModel, type Machine, type MachineOptions, rounded, type Signals } from './model.ts';

/** A refrigerator of 200 litres for drinks and dairy. Temperatures in °C, heat in W, currents in A. */
export interface FridgeParameters {
  /** Heat that the circuit moves at −10 °C in the evaporator and 25 °C in the room. */
  coolingW: number;
  /** Through walls and seal. */
  leakageWPerK: number;
  /** Share of the evaporator that freezes shut in an hour, door shut. */
  frostPerHour: number;
  /** Share of starts that fail. */
  startFails: number;
  startCurrentA: number;
  runCurrentA: number;
  /** Speed of the evaporator's fan, as a share of its own. */
  fanShare: number;
  setpoint: number;
  /** Heat capacity of what is inside, J/K. */
  goodsJPerK: number;
  /** What it has to move where it stands, healthy, and how much warmer the room is than the cabinet, over a year. */
  neededW: number;
  roomAboveK: number;
}

const substepMs = 20 * secondMs;
/** Heat capacities of the air with the liner, and of the evaporator, J/K. */
const airJPerK = 6_000;
const evaporatorJPerK = 1_500;
const goodsWPerK = 22;
/** From the evaporator to the air, fan running and standing. */
const fanWPerK = 12;
const stillWPerK = 0.45;
const fanRpm = 2_400;
/** The first gust of an opened door, and the draught after it. */
const gustWPerK = 50;
const gustMs = 20 * secondMs;
const draughtWPerK = 6;
const defrostHeaterW = 160;
const defrostEveryRunMs = 8 * hourMs;
const defrostLongestMs = 25 * minuteMs;
const defrostedAt = 6;
const restMs = 3 * minuteMs;
const overloadMs: readonly [number, number] = [90 * secondMs, 150 * secondMs];
/** A start draws its surge for so long; a failed one stands locked until the protector opens. */
const surgeMs = 600;
const lockedMs = 5 * secondMs;
const halfBand = 1;

/** Door openings in an hour of the day. A shop is open from 8 to 20. */
const openings: Readonly<Record<Place['usage'], readonly number[]>> = {
  household: [0.2, 0.1, 0, 0, 0, 0.2, 1, 2.5, 2, 1, 1, 1.5, 2.5, 1.5, 1, 1, 1.2, 2, 3, 3, 2, 1.5, 1, 0.5],
  shop: [0, 0, 0, 0, 0, 0, 0.5, 4, 8, 10, 12, 16, 20, 16, 12, 12, 14, 18, 18, 12, 4, 0, 0, 0],
};
const openMs: Readonly<Record<Place['usage'], number>> = { household: 12 * secondMs, shop: 6 * secondMs };
/** Heat that the openings of a day let in, on average. */
const doorsW: Readonly<Record<Place['usage'], number>> = { household: 4, shop: 20 };
/** Now and then somebody leaves it ajar. */
const forgottenShare = 1 / 3_000;
const forgottenMs: readonly [number, number] = [2 * minuteMs, 10 * minuteMs];
/** Warm goods put in: how often an hour at the usual hours, and the heat they bring for each degree, J/K. */
const restocks: Readonly<Record<Place['usage'], { readonly hours: readonly [number, number]; perHour: number }>> = {
  household: { hours: [16, 20], perHour: 0.1 },
  shop: { hours: [6, 8], perHour: 0.4 },
};

export const coldFridge = defineModel<FridgeParameters>({
  product: 'cold-fridge',
  idPrefix: 'fridge',
  everyMs: minuteMs,
  firmware: ['2.3.0', '2.3.1'],
  sensors: [
    { signal: 'cabinet_temp', drift: 6, mistakenFor: ['cooling-loss'] },
    { signal: 'evaporator_temp', drift: 12, mistakenFor: [] },
    { signal: 'ambient_temp', drift: -8, mistakenFor: ['door-seal'] },
  ],
  faults: [startRelayWear, refrigerantLeak, doorSealWear, fanStall],
  vary: (random, place) => {
    const leakageWPerK = 1.6 * (1 + 0.04 * random.normal());
    const setpoint = random.between(3.2, 4.5);
    const roomAboveK = yearlyRoom(place) - setpoint;
    return {
      coolingW: 130 * (1 + 0.03 * random.normal()),
      leakageWPerK,
      frostPerHour: 0.01,
      startFails: 0,
      startCurrentA: 8.5 * (1 + 0.03 * random.normal()),
      runCurrentA: 1.35 * (1 + 0.03 * random.normal()),
      fanShare: 1 + 0.02 * random.normal(),
      setpoint,
      goodsJPerK: place.usage === 'shop' ? random.between(80_000, 160_000) : random.between(40_000, 90_000),
      neededW: leakageWPerK * roomAboveK + doorsW[place.usage],
      roomAboveK,
    };
  },
  start: (options) => new Fridge(options),
});

class Fridge implements Machine {
  readonly #parameters: Readonly<FridgeParameters>;
  readonly #place: Place;
  readonly #random: Random;
  #at: number;
  #air: number;
  #goods: number;
  #evaporator: number;
  #ambient = 22;
  #hour = 0;
  /** Share of the evaporator frozen shut, 0 to 1. */
  #frost = 0;
  #running = false;
  #runMs = 0;
  #sinceSwitchMs = 0;
  /** Until the compressor may try to start. */
  #waitMs = 0;
  #starts: number;
  #startCurrent: number;
  #defrostMs = 0;
  #runSinceDefrostMs: number;
  /** The door stays open for so long; how much of the present step it is; since when. */
  #openLeftMs = 0;
  #openNowMs = 0;
  #openSinceMs = 0;
  /** Charge through the compressor since the last report, A·ms, and the last report's time. */
  #charge = 0;
  #readAt: number;

  constructor({ parameters, place, random, startAt }: MachineOptions<FridgeParameters>) {
    this.#parameters = parameters;
    this.#place = place;
    this.#random = random;
    this.#at = startAt;
    this.#readAt = startAt;
    this.#air = parameters.setpoint + random.between(-halfBand, halfBand);
    this.#goods = parameters.setpoint;
    this.#evaporator = this.#air - 2;
    this.#starts = random.below(20_000);
    this.#runMs = this.#starts * 25 * minuteMs;
    this.#startCurrent = parameters.startCurrentA;
    this.#runSinceDefrostMs = random.between(0, defrostEveryRunMs);
  }

  read(at: number): Signals {
    this.#ambient = this.#place.indoor(at);
    this.#hour = Math.floor(this.#place.hour(at));
    while (this.#at < at) {
      const stepMs = Math.min(substepMs, at - this.#at);
      this.#at += stepMs;
      this.#people(stepMs);
      this.#door(stepMs);
      this.#control(stepMs);
      this.#heat(stepMs);
    }
    const random = this.#random;
    const current = at > this.#readAt ? this.#charge / (at - this.#readAt) : 0;
    this.#charge = 0;
    this.#readAt = at;
    const turning = this.#isFanOn() && this.#parameters.fanShare > 0;
    return {
      cabinet_temp: rounded(this.#air + 0.08 * random.normal(), 100),
      ambient_temp: rounded(this.#ambient + 0.1 * random.normal(), 10),
      evaporator_temp: rounded(this.#evaporator + 0.15 * random.normal(), 10),
      compressor_current: rounded(Math.max(0, current * (1 + 0.01 * random.normal())), 1_000),
      start_current: rounded(this.#startCurrent, 100),
      compressor_starts: this.#starts,
      compressor_run: Math.round(this.#runMs / 1_000),
      fan_speed: turning ? Math.round(fanRpm * this.#parameters.fanShare + 12 * random.normal()) : 0,
      door_open: this.#openLeftMs > 0 || (this.#openNowMs > 0 && random.chance(this.#openNowMs / substepMs)),
      defrosting: this.#defrostMs > 0,
    };
  }

  codes(): readonly [] {
    return [];
  }

  /** People open the door, put warm things in, and sometimes leave it ajar. */
  #people(stepMs: number): void {
    if (this.#openLeftMs > 0) return;
    const { usage } = this.#place;
    const random = this.#random;
    const perHour = openings[usage][this.#hour] ?? 0;
    if (!random.chance((perHour * stepMs) / hourMs)) return;
    this.#openSinceMs = 0;
    this.#openLeftMs = random.chance(forgottenShare)
      ? random.between(...forgottenMs)
      : Math.max(2 * secondMs, random.exponential(openMs[usage]));
    const { hours, perHour: restocksPerHour } = restocks[usage];
    if (this.#hour < hours[0] || this.#hour >= hours[1] || !random.chance(restocksPerHour / perHour)) return;
    const share = random.between(0.05, 0.12);
    this.#goods += share * (this.#ambient - this.#goods);
  }

  #door(stepMs: number): void {
    this.#openNowMs = Math.min(stepMs, this.#openLeftMs);
    this.#openLeftMs -= this.#openNowMs;
    this.#openSinceMs += this.#openNowMs;
  }

  /** Thermostat with hysteresis, overload protector, defrost by hours of running. */
  #control(stepMs: number): void {
    const { setpoint } = this.#parameters;
    this.#sinceSwitchMs += stepMs;
    this.#waitMs -= stepMs;
    if (this.#defrostMs > 0) {
      this.#defrostMs += stepMs;
      if (this.#evaporator < defrostedAt && this.#defrostMs < defrostLongestMs) return;
      this.#defrostMs = 0;
      this.#frost = 0;
      this.#waitMs = restMs;
      return;
    }
    if (this.#running) {
      this.#runSinceDefrostMs += stepMs;
      if (this.#runSinceDefrostMs >= defrostEveryRunMs) {
        this.#runSinceDefrostMs = 0;
        this.#defrostMs = stepMs;
        this.#switchOff();
      } else if (this.#air < setpoint - halfBand) this.#switchOff();
    } else if (this.#air > setpoint + halfBand && this.#waitMs <= 0) this.#tryStart();
  }

  #switchOff(): void {
    this.#running = false;
    this.#sinceSwitchMs = 0;
    this.#waitMs = restMs;
  }

  #tryStart(): void {
    const { startFails, startCurrentA } = this.#parameters;
    const random = this.#random;
    this.#starts += 1;
    this.#startCurrent = startCurrentA * (1 + 0.03 * random.normal());
    if (random.chance(startFails)) {
      this.#charge += this.#startCurrent * lockedMs;
      this.#waitMs = random.between(...overloadMs);
      return;
    }
    this.#charge += this.#startCurrent * surgeMs;
    this.#running = true;
    this.#sinceSwitchMs = 0;
  }

  /** The heat balance of air, goods and evaporator. */
  #heat(stepMs: number): void {
    const { leakageWPerK, frostPerHour, runCurrentA } = this.#parameters;
    const seconds = stepMs / 1_000;
    const { evaporatorWPerK, doorWPerK } = this.#conductances(stepMs);
    const toAir = evaporatorWPerK * (this.#air - this.#evaporator);
    const fromGoods = goodsWPerK * (this.#goods - this.#air);
    const fromRoom = (leakageWPerK + doorWPerK) * (this.#ambient - this.#air);
    const moved = this.#running ? this.#cooling() : 0;
    const heater = this.#defrostMs > 0 ? defrostHeaterW : 0;
    this.#air += ((fromRoom + fromGoods - toAir) * seconds) / airJPerK;
    this.#goods -= (fromGoods * seconds) / this.#parameters.goodsJPerK;
    this.#evaporator += ((toAir + heater - moved) * seconds) / evaporatorJPerK;
    if (!this.#running) return;
    this.#runMs += stepMs;
    const moisture = 1 + 0.6 * doorWPerK;
    this.#frost = Math.min(1, this.#frost + (frostPerHour * moisture * stepMs) / hourMs);
    // Just after a start the windings are cold and the pressures equal: it draws more for some minutes.
    const settling = 0.25 * Math.exp(-this.#sinceSwitchMs / (3 * minuteMs));
    this.#charge += runCurrentA * (1 + settling + 0.008 * (this.#ambient - 25)) * stepMs;
  }

  #conductances(stepMs: number): { readonly evaporatorWPerK: number; readonly doorWPerK: number } {
    const blown = this.#isFanOn() ? fanWPerK * Math.min(1, this.#parameters.fanShare) : 0;
    const evaporatorWPerK = Math.max(stillWPerK, blown) * (1 - 0.6 * this.#frost);
    const open = this.#openNowMs / stepMs;
    return { evaporatorWPerK, doorWPerK: open * (this.#openSinceMs <= gustMs ? gustWPerK : draughtWPerK) };
  }

  /** A colder evaporator or a warmer room leaves the circuit less to move. */
  #cooling(): number {
    const evaporating = 1 + 0.02 * (this.#evaporator + 10);
    const condensing = 1 - 0.008 * (this.#ambient - 25);
    return Math.max(0, this.#parameters.coolingW * evaporating * condensing);
  }

  /** It blows while the compressor runs and the door is shut, never over a heated evaporator. */
  #isFanOn(): boolean {
    return this.#running && this.#openLeftMs <= 0;
  }
}

/** Mean of the room over the months of a year. */
function yearlyRoom(place: Place): number {
  const months = Array.from({ length: 12 }, (_, month) => place.indoor(Date.UTC(2025, month, 15)));
  return months.reduce((sum, room) => sum + room, 0) / months.length;
}
