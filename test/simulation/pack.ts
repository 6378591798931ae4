import type { ProductPack } from '../../src/product/index.ts';
import { pack } from '../engine/fixture.ts';

/** Later versions ask for less patience of the rule on warmth; what the third is quiet about is a rule of its own. */
export const sources: readonly string[] = ['5m', '3m', '1m'].map(
  (patience, index) => `
product: fridge
title: Fridge
parent: fridge
reports: {every: 1m, silentAfter: 6m}
signals:
  temp: {kind: gauge, unit: Cel, range: [-40, 60], watch: [{kind: stuck, failureMode: seal}]}
  hum: {kind: gauge, unit: "%", watch: [{kind: level, failureMode: seal}]}
  starts: {kind: counter, unit: "1"}
  door: {kind: state, values: [true, false]}
failureModes:
  warm: {title: Too warm, severity: major}
  seal: {title: Worn seal, severity: minor}
  relay: {title: Worn relay, severity: minor}
faultCodes:
  E1: {title: Sensor open, failureMode: warm}
  E2: {title: Door left open}
rules:
  - {id: warm, when: 'temp > 8.0', for: ${patience}, failureMode: warm}
  - {id: average, when: 'avg(temp, "5m") > 7.5 && !door', for: 2m, failureMode: seal}
  - {id: relay, when: 'rate(starts, "10m") * 3600.0 > ${100 + index}.0', for: 1m, failureMode: relay}
  - {id: both, when: 'temp > 6.0 && parent.temp > 6.0', for: 1m, failureMode: relay}
  - {id: ${index < 2 ? 'quiet' : 'hushed'}, when: silent(), for: 5m, failureMode: relay}
`,
);

const parsed = new Map<string, ProductPack>();

/** Parsing takes longer than a simulated hour, and gives the same every time. */
export function readPack(_file: string, source: string): ProductPack {
  const known = parsed.get(source) ?? pack(source);
  parsed.set(source, known);
  return known;
}
