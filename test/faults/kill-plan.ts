/** What the load process is to do, and both sides know of its reports. */
export interface LoadPlan {
  readonly mqttUrl: string;
  readonly acknowledgedFile: string;
  readonly devices: readonly { readonly id: string; readonly secret: string }[];
  /** Rounds of kill and restart over which the devices' warming up is spread. */
  readonly kills: number;
}

/** A pack of its own, so that what is expected of the load follows from this file alone. */
export const pack = `
product: cold-fridge
title: Cold Fridge
signals:
  cabinet_temp: {kind: gauge, unit: Cel, range: [-40, 60], watch: [{kind: level, failureMode: cooling-loss, severity: minor}]}
  door_open: {kind: state, values: [true, false]}
failureModes:
  cooling-loss: {title: Loss of cooling, severity: major}
rules:
  - {id: warm-cabinet, when: 'avg(cabinet_temp, "15m") > 8.0 && !door_open', for: 10m, failureMode: cooling-loss}
`;

/** Long past, so that a minute of event time takes no minute. */
const firstAt = Date.UTC(2020, 0, 1);
const minuteMs = 60_000;
const cold = 4;
const warm = 9;
/** The mean of 15 readings is above 8 °C from the 13th warm one on; the rule waits 10 minutes more. */
const warmUntilBegan = 12;
const forMinutes = 10;

/** Which report of a device is its first warm one: another for each, so that cases open all the time. */
export function warmFrom(plan: LoadPlan, device: number): number {
  return 20 + Math.floor((device * plan.kills * 80) / plan.devices.length);
}

export function eventTime(seq: number): number {
  return firstAt + seq * minuteMs;
}

/** Which report breaks the rule `warm-cabinet`, and from which on its condition holds. */
export function ruleBreaks(plan: LoadPlan, device: number): { began: number; opened: number } {
  const began = warmFrom(plan, device) + warmUntilBegan;
  return { began, opened: began + forMinutes };
}

export function reportOf(plan: LoadPlan, device: number, seq: number): object {
  const cabinet_temp = seq < warmFrom(plan, device) ? cold : warm;
  return { at: eventTime(seq), boot: 'b1', seq, signals: { cabinet_temp, door_open: false } };
}

const deviceDigits = 3;
const seqDigits = 8;
/** Lines have one length, so that the file's size tells their number. */
export const ackLineBytes = deviceDigits + 1 + seqDigits + 1;

export function ackLine(device: number, seq: number): string {
  return `${String(device).padStart(deviceDigits, '0')} ${String(seq).padStart(seqDigits, '0')}\n`;
}

/** The acknowledged `seq`s of each device, as noted. */
export function readAcks(text: string, devices: number): Set<number>[] {
  const acks = Array.from({ length: devices }, () => new Set<number>());
  for (const line of text.split('\n').slice(0, -1)) {
    const [device, seq] = line.split(' ').map(Number);
    acks[device ?? -1]?.add(seq ?? Number.NaN);
  }
  return acks;
}
