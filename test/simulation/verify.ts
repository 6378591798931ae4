import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../../src/base/index.ts';
import type { DeviceLedger } from '../../src/pipeline/index.ts';
import { decodeRecord } from '../../src/telemetry/index.ts';
import type { RawReport, SimDevice } from './device.ts';
import { type ExpectedDevice, expectedOf, goodSignals } from './expected.ts';
import { type CaseBook, casesOf, type Folded, fold, readCases, withoutRepeats } from './fold.ts';
import { memoryCases } from './memory/cases.ts';
import { memoryRegistry, noRegistry } from './memory/registry.ts';
import { idOf, type Machine } from './service.ts';

/** What a person did, and was told to be done. */
export interface PersonsAct {
  readonly kind: 'acknowledge' | 'resolve';
  readonly case: string;
  /** The one that they saw. */
  readonly version: number;
  readonly actor: string;
}

export interface Outcome {
  /** Every record that was ever durable. */
  readonly history: readonly Uint8Array[];
  readonly machine: Machine;
  /** At rest, by device. */
  readonly ledgers: ReadonlyMap<string, DeviceLedger | undefined>;
  readonly devices: readonly SimDevice[];
  readonly acts: readonly PersonsAct[];
  /** Somebody tried to act, whether or not they heard that it was done. */
  readonly peopleTried: boolean;
  /** Devices of which something was refused: it came again later than what was sent after it. */
  readonly refused: ReadonlySet<string>;
}

/** The promises, one after the other; what comes back was not kept. */
export async function verify(outcome: Outcome): Promise<string[]> {
  const problems: string[] = [];
  const { machine, devices } = outcome;
  // What the service says itself while it stops is in the log, and judged by the next start.
  const end = Number(JSON.parse(machine.checkpoint.state ?? '{"next":0}').next);
  const history = outcome.history.slice(0, end);
  const beyond = outcome.history.slice(end).map((payload) => decodeRecord(payload).kind);
  if (beyond.some((kind) => kind !== 'tick' && kind !== 'resumed')) problems.push(`not in the checkpoint: ${beyond}`);
  const expected = expectedOf(history);
  const folded = await fold(history);
  for (const device of devices) {
    const counted = expected.get(device.id);
    if (counted === undefined) continue;
    problems.push(
      ...checkLedger(device, counted, outcome.ledgers.get(device.id)),
      ...checkStored(device, counted, machine),
      ...checkMade(device, counted, device.manner.resendsInOrder && !outcome.refused.has(device.id)),
    );
  }
  problems.push(...checkMachine(folded, machine), ...(await checkRegistry(history, machine)));
  const book = await readCases(memoryCases(machine.cases, idOf), deviceIds(outcome));
  if (!outcome.peopleTried) problems.push(...same('cases', book, await casesOf(folded.changes, deviceIds(outcome))));
  problems.push(...checkCases(book, folded, outcome.acts));
  problems.push(...(await checkRepeats(history, expected, folded)));
  return problems;
}

/** Received = acknowledged + duplicates + quarantined, and each as the contract counts it; all of it stored, evaluated. */
function checkLedger({ id }: SimDevice, counted: ExpectedDevice, ledger: DeviceLedger | undefined): string[] {
  if (ledger === undefined) return [`${id} has no ledger`];
  const { received, acknowledged, duplicates, quarantined, conflicts, readingsRejected } = counted;
  const wanted = { received, acknowledged, duplicates, quarantined, conflicts, readingsRejected };
  const names = Object.keys(wanted);
  const given = Object.fromEntries(Object.entries(ledger).filter(([name]) => names.includes(name)));
  const gaps = ledger.gaps.map(({ boot, from, to }) => `${boot} ${from}-${to}`).sort();
  const atRest = { stored: ledger.stored, evaluated: ledger.evaluated };
  return [
    ...same(`ledger of ${id}`, given, wanted),
    ...same(`ledger of ${id} at rest`, atRest, { stored: acknowledged, evaluated: acknowledged }),
    ...same(`gaps of ${id}`, gaps, counted.gaps()),
  ];
}

/** Every accepted report is stored, once, with what it said. */
function checkStored({ id }: SimDevice, counted: ExpectedDevice, machine: Machine): string[] {
  const wanted = counted.accepted.map(({ place, raw }) => `${place} ${canonicalJson(goodSignals(raw))}`);
  return [machine.telemetry, machine.server].flatMap((held, index) => {
    if (held === undefined) return [];
    const of = held.reports.filter(({ device }) => device === id);
    const stored = of.map(({ offset, index: place, signals }) => `${offset}.${place} ${canonicalJson(signals)}`);
    return same(`reports of ${id} in ${index === 0 ? 'the store' : 'the server'}`, stored, wanted);
  });
}

/** What the device made has arrived: every report, once; in order where the device sends in order. */
function checkMade({ id, made, manner }: SimDevice, counted: ExpectedDevice, inOrder: boolean): string[] {
  // Equal readings without a name and a time are different ones: repeats are counted again.
  if (manner.numbering === 'neither') return [];
  const text = ({ sentAt: _, ...said }: RawReport) => canonicalJson(said);
  const [sent, accepted] = [made.map(text), counted.accepted.map(({ raw }) => text(raw))];
  return same(`reports made by ${id}`, inOrder ? accepted : accepted.sort(), inOrder ? sent : sent.sort());
}

/** After all deaths and repeats the machine holds what one pass over the log comes to. */
function checkMachine(folded: Folded, { telemetry, checkpoint }: Machine): string[] {
  const rows = [...checkpoint.devices.values()];
  const states = (of: ReadonlyMap<string, string | undefined>) => rows.map(({ id }) => parsed(of.get(id)));
  const history = [...checkpoint.history.keys()].sort((a, b) => a - b);
  const bandKey = ({ device, signal, at }: { device: string; signal: string; at: number }) =>
    `${device} ${signal} ${at}`;
  const bands = new Map(folded.bands.map((band) => [bandKey(band), band]));
  const held = new Map(checkpoint.bands.values().map((band) => [bandKey(band), band]));
  return [
    ...same('stored reports', telemetry.reports, folded.reports),
    ...same('devices in the checkpoint', rows.map(({ id }) => id).sort(), [...folded.engine.keys()].sort()),
    ...same(
      'engine state',
      rows.map(({ engine }) => parsed(engine)),
      states(folded.engine),
    ),
    ...same(
      'admission state',
      rows.map(({ admission }) => parsed(admission)),
      states(folded.admission),
    ),
    ...same('quarantine', checkpoint.quarantine, folded.quarantine),
    ...same('bands', sorted(held), sorted(bands)),
    ...same('history', history, folded.history),
  ];
}

async function checkRegistry(history: readonly Uint8Array[], machine: Machine): Promise<string[]> {
  const facts = history.flatMap((payload, offset) => {
    const record = decodeRecord(payload);
    return record.kind === 'fact' ? [{ offset, fact: record.fact }] : [];
  });
  const followed = noRegistry();
  await memoryRegistry(followed).apply(facts, history.length);
  return [
    ...same('devices in the registry', plain(sorted(machine.registry.devices)), plain(sorted(followed.devices))),
    ...same('packs in the registry', sorted(machine.registry.packs), sorted(followed.packs)),
    ...same('maintenance in the registry', sorted(machine.registry.maintenance), sorted(followed.maintenance)),
  ];
}

/** One open case a device and failure mode; each finding as the log has it; what people did stays done. */
function checkCases({ cases, findings, timelines }: CaseBook, folded: Folded, acts: readonly PersonsAct[]): string[] {
  const problems: string[] = [];
  const open = cases.filter(({ state }) => state !== 'resolved').map((item) => `${item.device} ${item.failureMode}`);
  if (new Set(open).size < open.length) problems.push(`two open cases for one: ${open}`);
  const last = new Map(folded.findings.map((event) => [event.finding, event]));
  const state = (event: string) => (event === 'updated' ? 'raised' : event);
  const wanted = [...last.values()].map((event) => `${event.finding} ${state(event.state)} ${event.endsAt ?? null}`);
  const held = findings.map((finding) => `${finding.id} ${finding.state} ${finding.endsAt}`);
  problems.push(...same('findings', held.sort(), wanted.sort()));
  const entries = JSON.stringify(timelines);
  for (const act of acts) {
    const item = cases.find(({ id }) => id === act.case);
    const written = entries.split(`"${act.case}@${act.version + 1}"`).length - 1;
    if (written !== 1) problems.push(`what ${act.actor} did is in the timeline ${written} times`);
    const kept = act.kind === 'acknowledge' ? item?.owner === act.actor : item?.resolvedBy === act.actor;
    if (!kept) problems.push(`${act.kind} of ${act.actor} is undone: ${JSON.stringify(item)}`);
  }
  return problems;
}

/** A log in which every repeat says nothing gives the same findings. */
async function checkRepeats(
  history: readonly Uint8Array[],
  expected: ReadonlyMap<string, ExpectedDevice>,
  folded: Folded,
): Promise<string[]> {
  const repeats = new Set(expected.values().flatMap((device) => device.repeats));
  if (repeats.size === 0) return [];
  const once = await fold(withoutRepeats(history, repeats));
  return same('findings without repeats', folded.findings, once.findings);
}

function deviceIds({ devices }: Outcome): string[] {
  return devices.map(({ id }) => id);
}

function sorted<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

/** As it would be after a journey as text: what is undefined is not there. */
function plain(value: unknown): unknown {
  return parsed(JSON.stringify(value));
}

/** The first difference, in few words. */
function same(what: string, given: unknown, wanted: unknown, path = ''): string[] {
  if (isDeepStrictEqual(given, wanted)) return [];
  if (isObject(given) && isObject(wanted)) {
    for (const key of new Set([...Object.keys(given), ...Object.keys(wanted)])) {
      const [problem] = same(what, given[key], wanted[key], `${path}.${key}`);
      if (problem !== undefined) return [problem];
    }
  }
  return [`${what}${path}: ${show(given)} instead of ${show(wanted)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 300);
}
