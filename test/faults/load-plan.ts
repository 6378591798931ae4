/** What the load process is to do, and both sides know of its reports. */
export interface LoadPlan {
  readonly mqttUrl: string;
  readonly devices: readonly { readonly id: string; readonly secret: string }[];
  /** Between a device's bursts of {@link reportsAtOnce}. */
  readonly pauseMs: number;
}

export const reportsAtOnce = 10;

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
/** Each device is warm for the last part of each round of reports, at another place than its neighbours. */
const roundReports = 400;
const warmReports = 60;

function roundStart(device: number): number {
  return (device * 37) % (roundReports - warmReports);
}

function isWarm(device: number, seq: number): boolean {
  const place = seq - roundStart(device);
  return place >= 0 && place % roundReports >= roundReports - warmReports;
}

export function eventTime(seq: number): number {
  return firstAt + seq * minuteMs;
}

/** The rule's findings on a device that has sent `sent` reports: from which on the condition held, which opened it. */
export function ruleBreaks(device: number, sent: number): { began: number; opened: number }[] {
  const breaks: { began: number; opened: number }[] = [];
  for (let warmFrom = roundStart(device) + roundReports - warmReports; ; warmFrom += roundReports) {
    const began = warmFrom + warmUntilBegan;
    const opened = began + forMinutes;
    if (opened >= sent) return breaks;
    breaks.push({ began, opened });
  }
}

export function reportOf(device: number, seq: number): object {
  const cabinet_temp = isWarm(device, seq) ? warm : cold;
  return { at: eventTime(seq), boot: 'b1', seq, signals: { cabinet_temp, door_open: false } };
}

/** What the load process is told. */
export type LoadOrder = 'pause' | 'resume' | 'tell';

/** What the load process tells when it is asked, and when it has paused. */
export interface LoadState {
  readonly paused: boolean;
  /** Acknowledged reports of each device; of a paused load these are `seq` 0 to n − 1. */
  readonly acknowledged: readonly number[];
  /** Connections that ended, and attempts that were answered with return code 3. */
  readonly closed: number;
  readonly refused: number;
  /** The longest time between two acknowledgements of any two devices since the last answer, ms. */
  readonly longestGapMs: number;
}
