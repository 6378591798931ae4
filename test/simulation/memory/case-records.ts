import { assert } from '../../../src/base/index.ts';
import type { Case, CaseRecords, Finding } from '../../../src/cases/index.ts';
import type { HeldCases } from './cases.ts';

const firstNumber = 1_000;

/** The records of cases in plain maps, each question answered by looking at everything. */
export function memoryRecords(held: HeldCases): CaseRecords {
  const cases = () => [...held.cases.values()].sort((a, b) => a.number - b.number);
  const open = () => cases().filter(({ state }) => state !== 'resolved');
  const findings = () =>
    [...held.findings.values()].map(({ finding }) => finding).sort((a, b) => (a.id < b.id ? -1 : 1));
  const standbys = () => [...held.standbys.values()].sort((a, b) => (a.finding < b.finding ? -1 : 1));
  const isOf = (finding: Finding, item: Case) => finding.case === item.id;
  return {
    case: (id) => held.cases.get(id),
    openCase: (device, failureMode) =>
      open().find((item) => item.device === device && item.failureMode === failureMode),
    resolvedCase: (device, failureMode) =>
      cases().findLast(
        (item) => item.state === 'resolved' && item.device === device && item.failureMode === failureMode,
      ),
    silenceCase: (device) =>
      open().find(
        (item) =>
          item.device === device &&
          findings().some((one) => isOf(one, item) && one.device === device && one.bySilence && one.state === 'raised'),
      ),
    stormCase: (source, product) => open().find((item) => item.storm === source && item.product === product),
    stormCaseWith: (device, failureMode) =>
      open().find(
        (item) =>
          item.storm !== null &&
          findings().some((one) => isOf(one, item) && one.device === device && one.failureMode === failureMode),
      ),
    nextNumber: () => Math.max(firstNumber - 1, ...cases().map(({ number }) => number)) + 1,
    isTouched: (id) => held.timeline.some((entry) => entry.case === id && entry.item.actor !== 'engine'),
    finding: (id) => held.findings.get(id),
    silence: (device) =>
      findings().find((one) => one.device === device && one.source === 'silent' && one.state === 'raised'),
    findingsOf: (id, device) => findings().filter((one) => one.case === id && one.device === device),
    holdingIn: (id) => findings().filter((one) => one.case === id && one.state === 'raised'),
    openings: ({ source, product, since, max }) =>
      Math.min(
        max,
        held.openings.filter((one) => one.source === source && one.product === product && one.at > since).length,
      ),
    standby: (finding) => held.standbys.get(finding),
    standbys: (query) =>
      standbys().filter(({ window, dueAt, around }) => {
        if (query.by === 'window') return window === query.window;
        if (query.by === 'due') return dueAt !== undefined && dueAt <= query.upAt;
        return around.above.some(({ device }) => device === query.device);
      }),
    windows: () => [...new Set(standbys().flatMap(({ window }) => window ?? []))].sort(),
    saveCase: (item) => {
      const other = open().find(
        (one) => one.id !== item.id && one.device === item.device && one.failureMode === item.failureMode,
      );
      assert(item.state === 'resolved' || other === undefined, 'one open case per device and failure mode');
      held.cases.set(item.id, item);
    },
    saveFinding: (finding, lastEvent) => {
      held.findings.set(finding.id, { finding, lastEvent });
    },
    addToTimeline: (id, item) => {
      assert(!held.timeline.some((known) => known.item.id === item.id), `the entry ${item.id} is written once`);
      held.timeline.push({ case: id, item });
    },
    noteOpening: ({ source, product, at, until }) => {
      held.openings = [...held.openings, { source, product, at }].filter((one) => one.at > until);
    },
    saveStandby: (standby) => {
      held.standbys.set(standby.finding, standby);
    },
    dropStandby: (finding) => {
      held.standbys.delete(finding);
    },
  };
}
