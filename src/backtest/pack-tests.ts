import { formatDuration } from '../base/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import type { PackExpectation, PackTest, ProductPack } from '../product/index.ts';
import { type DeviceFacts, deviceFacts, reportsTopic, type Severity } from '../telemetry/index.ts';
import { parentSampleAt, sampleAt, stepsOf } from './test-samples.ts';
import { VirtualService } from './virtual-service.ts';
import { standingSentence, standingState } from './why.ts';
import { withoutDetectors } from './without-detectors.ts';

export interface PackTestResult {
  readonly name: string;
  readonly line: number;
  /** Empty when it passed. */
  readonly failures: readonly { readonly line: number; readonly text: string }[];
}

const device = 'test-device';
const parentDevice = 'test-parent';
/** Virtual time begins here, on a Monday. */
const startAt = Date.UTC(2026, 0, 5);

/**
 * Runs a pack's own tests through the service on a virtual clock: no broker, no store, no waiting. Detectors learn from
 * real life; a handful of made-up samples says nothing of them, so tests are about rules, fault codes and silence.
 * `parent`: the pack of the product that it names as that of the devices' parents.
 */
export async function runPackTests(pack: ProductPack, parent?: ProductPack): Promise<PackTestResult[]> {
  const own = withoutDetectors(pack);
  const judged: Judged = { pack: own, parent: pack.parent === pack.product ? own : parent && withoutDetectors(parent) };
  const results: PackTestResult[] = [];
  for (const test of pack.tests) {
    if (test.parent && judged.parent === undefined) {
      const text = `its parent is of product ${pack.parent}, whose pack is not at hand: name its file too`;
      results.push({ name: test.name, line: test.line, failures: [{ line: test.line, text }] });
      continue;
    }
    const outcome = outcomeOf(await runTest(judged, test));
    const failures: { line: number; text: string }[] = [];
    for (const expectation of test.expect) {
      const miss = judge(expectation, outcome);
      if (miss === undefined) continue;
      const lines = [miss.text, ...(await shown(judged, test, miss)), ...history(outcome)];
      failures.push({ line: expectation.line, text: lines.join('\n    ') });
    }
    results.push({ name: test.name, line: test.line, failures });
  }
  return results;
}

interface Judged {
  readonly pack: ProductPack;
  /** Of the device's parent. */
  readonly parent: ProductPack | undefined;
}

/**
 * A service with one device, and its parent where it has one, that lives through the test. `onSample` is told after each
 * sample of the device that arrives.
 */
async function runTest(
  { pack, parent }: Judged,
  test: PackTest,
  onSample?: (service: VirtualService, step: { readonly ms: number; readonly index: number }) => void,
): Promise<VirtualService> {
  const service = new VirtualService((product) => (product === pack.product ? pack : parent), startAt);
  for (const { product } of new Set(parent ? [parent, pack] : [pack]))
    await service.publish({ product, file: product, source: '' });
  const above = test.parent && parent;
  if (above) await service.register({ ...factsOf(above), id: parentDevice });
  await service.register({ ...factsOf(pack), parent: above && parentDevice });
  const send = (from: string, index: number, said: object) => {
    const report = { at: startAt + index * test.everyMs, boot: 'test', seq: index, ...said };
    return service.message(from, reportsTopic(from), new TextEncoder().encode(JSON.stringify(report)));
  };
  for (const step of stepsOf(test)) {
    service.now = startAt + step.ms;
    if (step.kind === 'tick') await service.tick();
    else if (step.kind === 'restart') service.restart();
    else if (step.kind === 'parent') {
      const signals = parentSampleAt(test, step.index);
      if (Object.keys(signals).length > 0) await send(parentDevice, step.index, { signals });
    } else {
      const sample = sampleAt(test, step.index);
      if (sample === undefined) continue;
      await send(device, step.index, sample);
      onSample?.(service, step);
    }
  }
  return service;
}

function factsOf({ product }: ProductPack): DeviceFacts {
  return deviceFacts({ id: device, product, installedAt: startAt });
}

/** What came of a test. Times are ms after its first sample. */
interface Outcome {
  readonly events: readonly FindingEvent[];
  readonly cases: readonly {
    readonly failureMode: string;
    /** As it stands in the end: a correction may have moved it. */
    readonly openedMs: number;
    readonly severity: Severity;
    /** By arrival. */
    readonly createdMs: number;
    readonly retractedMs: number | undefined;
  }[];
}

function outcomeOf(service: VirtualService): Outcome {
  const { cases } = service;
  const events = service.events.filter((event) => event.device === device);
  const first = new Map(events.toReversed().map((event) => [event.finding, event]));
  const findings = cases.findings();
  return {
    events,
    cases: cases.cases().flatMap((item) => {
      if (item.device !== device) return [];
      const opening = findings.find((finding) => finding.case === item.id);
      return {
        failureMode: item.failureMode,
        openedMs: item.openedAt - startAt,
        severity: (opening && first.get(opening.id)?.severity) ?? item.severity,
        createdMs: item.createdAt - startAt,
        retractedMs: item.verdict === 'retracted' ? (item.resolvedAt ?? item.updatedAt) - startAt : undefined,
      };
    }),
  };
}

/** How an expectation is not met. */
interface Miss {
  readonly text: string;
  /** By arrival: the first time at which it is certain. */
  readonly ms: number;
  /** Which rules matter to it, by failure mode or source. */
  readonly about: (rule: { readonly source: string; readonly failureMode: string }) => boolean;
}

function judge(expectation: PackExpectation, outcome: Outcome): Miss | undefined {
  if (expectation.kind === 'open') return judgeOpen(expectation, outcome);
  if (expectation.kind === 'retracted') return judgeRetracted(expectation, outcome);
  return judgeCounts(expectation, outcome);
}

function judgeOpen(expectation: Extract<PackExpectation, { kind: 'open' }>, { cases }: Outcome): Miss | undefined {
  const { failureMode, fromMs, toMs, severity } = expectation;
  const about: Miss['about'] = (rule) => rule.failureMode === failureMode;
  const wanted = `expected a ${failureMode} case between ${formatDuration(fromMs)} and ${formatDuration(toMs)}`;
  const alike = cases.filter((item) => item.failureMode === failureMode);
  const isInside = ({ openedMs }: (typeof alike)[number]) => openedMs >= fromMs && openedMs <= toMs;
  const opened = alike.find(isInside) ?? alike[0];
  if (opened === undefined) return { text: `${wanted}, none opened`, ms: toMs, about };
  const { openedMs } = opened;
  if (!isInside(opened)) {
    const ms = openedMs < fromMs ? openedMs : toMs;
    return { text: `${wanted}, it opened at ${formatDuration(openedMs)}`, ms, about };
  }
  if (severity === undefined || opened.severity === severity) return undefined;
  return { text: `expected severity ${severity}, the case opened as ${opened.severity}`, ms: openedMs, about };
}

function judgeRetracted(
  expectation: Extract<PackExpectation, { kind: 'retracted' }>,
  { cases }: Outcome,
): Miss | undefined {
  const { failureMode, fromMs, toMs } = expectation;
  const about: Miss['about'] = (rule) => rule.failureMode === failureMode;
  const alike = cases.filter((item) => item.failureMode === failureMode);
  const when = toMs === Number.MAX_SAFE_INTEGER ? '' : ` between ${formatDuration(fromMs)} and ${formatDuration(toMs)}`;
  const wanted = `expected a ${failureMode} case to be withdrawn${when}`;
  const [first] = alike.flatMap(({ retractedMs }) => retractedMs ?? []).sort((a, b) => a - b);
  if (alike.some(({ retractedMs = Number.NaN }) => retractedMs >= fromMs && retractedMs <= toMs)) return undefined;
  if (first !== undefined) {
    return { text: `${wanted}, it was at ${formatDuration(first)}`, ms: Math.min(first, toMs), about };
  }
  const why = alike.length === 0 ? 'none opened' : 'it stands';
  return { text: `${wanted}, ${why}`, ms: toMs, about };
}

function judgeCounts(expectation: Extract<PackExpectation, { kind: 'count' }>, outcome: Outcome): Miss | undefined {
  const { atMs } = expectation;
  const when = `at ${formatDuration(atMs)}`;
  const latest = new Map<string, FindingEvent>();
  const heard = outcome.events.filter(({ receivedAt }) => receivedAt <= startAt + atMs);
  for (const event of heard) latest.set(event.finding, event);
  const findings = [...latest.values()].filter(({ state }) => state !== 'retracted');
  const counted = ({ finding }: FindingEvent) =>
    heard.find((event) => event.finding === finding)?.receivedAt ?? startAt;
  if (expectation.findings !== undefined && findings.length !== expectation.findings) {
    const surplus = findings[expectation.findings];
    const about: Miss['about'] = (rule) => surplus === undefined || rule.source === surplus.source;
    const ms = surplus === undefined ? atMs : counted(surplus) - startAt;
    return { text: `expected ${expectation.findings} findings ${when}, there were ${findings.length}`, ms, about };
  }
  const cases = outcome.cases.filter(
    ({ createdMs, retractedMs }) => createdMs <= atMs && !(retractedMs !== undefined && retractedMs <= atMs),
  );
  if (expectation.cases !== undefined && cases.length !== expectation.cases) {
    const surplus = cases[expectation.cases];
    const about: Miss['about'] = (rule) => surplus === undefined || rule.failureMode === surplus.failureMode;
    const text = `expected ${expectation.cases} cases ${when}, there were ${cases.length}`;
    return { text, ms: surplus?.createdMs ?? atMs, about };
  }
  const holding = findings.filter(({ state }) => state !== 'cleared');
  if (expectation.cleared === undefined || expectation.cleared === (holding.length === 0)) return undefined;
  const sources = new Set((expectation.cleared ? holding : findings).map(({ source }) => source));
  const text = expectation.cleared
    ? `expected all cleared ${when}, still held: ${[...sources].join(', ')}`
    : `expected a finding to hold ${when}`;
  const ended = Math.max(0, ...findings.map(({ receivedAt }) => receivedAt - startAt));
  return { text, ms: expectation.cleared ? atMs : ended, about: ({ source }) => sources.has(source) };
}

/** The sample at which it went another way than expected, and how the rules had stood up to then. */
async function shown(judged: Judged, test: PackTest, miss: Miss): Promise<string[]> {
  const last = stepsOf(test).findLast((step) => step.kind === 'arrival' && step.ms <= miss.ms);
  if (last?.kind !== 'arrival') return [];
  const sample = sampleAt(test, last.index);
  const signals = Object.entries(sample?.signals ?? {}).map(([name, value]) => `${name} ${value}`);
  const above = Object.entries(parentSampleAt(test, last.index)).map(([name, value]) => `parent.${name} ${value}`);
  const faults = (sample?.faults ?? []).map(({ code, active }) => `${code} ${active ? 'active' : 'over'}`);
  const said = sample === undefined ? 'nothing is reported' : [...signals, ...faults, ...above].join(', ');
  const arrived = last.ms > last.index * test.everyMs ? `, arrived at ${formatDuration(last.ms)}` : '';
  const first = `first differs at ${formatDuration(last.index * test.everyMs)}${arrived}: ${said}`;
  return [first, ...(await ruleHistories(judged, test, { ...miss, ms: last.ms }))];
}

/** Samples before that time whose rules are looked at. */
const lookedAtMax = 5_000;
const changesShownMax = 20;

/** For each rule that matters: at which samples its state changed up to that time, and what it then said. */
async function ruleHistories(judged: Judged, test: PackTest, { ms: untilMs, about }: Miss): Promise<string[]> {
  const fromMs = untilMs - lookedAtMax * test.everyMs;
  const lines = new Map<string, string[]>();
  const last = new Map<string, string>();
  await runTest(judged, test, (service, { ms, index }) => {
    if (ms > untilMs || ms < fromMs) return;
    for (const now of service.why(device)?.rules ?? []) {
      const { id, failureMode } = now.rule;
      const state = standingState(now);
      if (last.get(id) === state || !about({ source: `rule:${id}`, failureMode })) continue;
      last.set(id, state);
      const atMs = index * test.everyMs;
      const heldMs = now.since === undefined ? 0 : Math.max(0, startAt + atMs - now.since);
      const sentence = standingSentence(now, heldMs, (at) => formatDuration(at - startAt));
      const own = lines.get(id) ?? [];
      own.push(`  ${formatDuration(atMs)}: ${state}. ${sentence}`);
      lines.set(id, own);
    }
  });
  return [...lines].flatMap(([id, own]) => {
    const left = own.length - changesShownMax;
    const shownLines = left > 0 ? [...own.slice(0, changesShownMax), `  and ${left} more changes`] : own;
    return [`rule ${id} up to ${formatDuration(untilMs)}:`, ...shownLines];
  });
}

const eventsShownMax = 20;

function history({ events }: Outcome): string[] {
  if (events.length === 0) return ['nothing was found'];
  const lines = events.slice(0, eventsShownMax).map((event) => {
    const { at, source, state, severity, correction, explanation } = event;
    return `${formatDuration(at - startAt)}: ${source} ${correction ?? state} (${severity}) ${explanation}`;
  });
  const more = events.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}
