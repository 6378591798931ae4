import { formatDuration } from '../base/index.ts';
import { Engine, type EngineOutput, type RuleStanding } from '../engine/index.ts';
import type { FindingEvent } from '../findings/index.ts';
import { Catalogue, type PackExpectation, type PackTest, type ProductPack } from '../product/index.ts';
import type { FaultCode, Report, SignalValue } from '../telemetry/index.ts';
import { standingSentence, standingState } from './why.ts';

export interface PackTestResult {
  readonly name: string;
  readonly line: number;
  /** Empty when it passed. */
  readonly failures: readonly { readonly line: number; readonly text: string }[];
}

const device = 'test-device';
/** Virtual time begins here; its zone and season mean nothing yet. */
const startAt = Date.UTC(2026, 0, 5);
/** Samples of one test. */
const samplesMax = 100_000;

/** Runs a pack's own tests through the engine on a virtual clock: no broker, no store, no waiting. */
export function runPackTests(pack: ProductPack): PackTestResult[] {
  return pack.tests.map((test) => {
    const events = runTest(pack, test);
    const failures = test.expect.flatMap((expectation) => {
      const text = judge(expectation, events);
      if (text === undefined) return [];
      const parts = [text, history(events, test), ...ruleHistories(pack, test, expectation)];
      return [{ line: expectation.line, text: parts.join('\n') }];
    });
    return { name: test.name, line: test.line, failures };
  });
}

/** An arrival of a test, in ms after its first sample. */
interface Arrival {
  readonly arrivesMs: number;
  readonly atMs: number;
  readonly repeat: boolean;
}

/** `onSample` is told of each sample that was judged, with its time after the first. */
function runTest(pack: ProductPack, test: PackTest, onSample?: (run: TestRun, at: Arrival) => void): FindingEvent[] {
  const run = new TestRun(pack);
  const restarts = [...test.restartMs].sort((a, b) => a - b);
  for (const [place, arrival] of arrivals(test).entries()) {
    while ((restarts[0] ?? Number.POSITIVE_INFINITY) <= arrival.arrivesMs) {
      run.restart();
      restarts.shift();
    }
    const sample = sampleAt(test, arrival.atMs);
    run.tick(arrival.arrivesMs);
    if (sample === undefined) continue;
    if (arrival.repeat) run.repeat(arrival.arrivesMs);
    else run.report(place, arrival, sample);
    onSample?.(run, arrival);
  }
  return run.out.findings;
}

/** The engine with one device, fed as the pipeline feeds it. */
class TestRun {
  readonly out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  readonly #pack: ProductPack;
  readonly #catalogue: Catalogue;
  #engine: Engine;
  #watermark = Number.NEGATIVE_INFINITY;

  constructor(pack: ProductPack) {
    this.#pack = pack;
    const { product } = pack;
    this.#catalogue = new Catalogue(() => pack);
    this.#catalogue.apply({ type: 'pack-published', at: startAt, product, version: 1, file: '', source: '' });
    const facts = { serial: undefined, site: undefined, customer: undefined, timezone: undefined, parent: undefined };
    const known = { id: device, product, ...facts, batch: undefined, installedAt: startAt };
    const fact = { type: 'device-registered', at: startAt, device: known } as const;
    this.#catalogue.apply(fact);
    this.#engine = new Engine(this.#catalogue);
    this.#engine.step({ kind: 'fact', offset: 0, fact }, this.out);
  }

  tick(nowMs: number): void {
    this.#engine.step({ kind: 'tick', offset: nowMs, at: startAt + nowMs }, this.out);
  }

  /** What admission makes of a duplicate: a sign of life. */
  repeat(nowMs: number): void {
    this.#engine.step({ kind: 'contact', device, offset: nowMs, receivedAt: startAt + nowMs }, this.out);
  }

  report(offset: number, arrival: Arrival, sample: Sample): void {
    const at = startAt + arrival.atMs;
    const report: Report = {
      device,
      product: this.#pack.product,
      offset,
      index: 0,
      at,
      receivedAt: startAt + arrival.arrivesMs,
      rawAt: undefined,
      boot: 'test',
      seq: offset,
      firmware: undefined,
      ...sample,
    };
    const judged = at >= this.#watermark;
    this.#watermark = Math.max(this.#watermark, at);
    this.#engine.step({ kind: 'report', report, judged }, this.out);
  }

  /** How the rules stand after the last sample that was judged. */
  standings(): readonly RuleStanding[] {
    return this.#engine.why(device)?.rules ?? [];
  }

  /** As after a crash: a new engine from what a checkpoint would hold. */
  restart(): void {
    const snapshot = this.#engine.snapshot(device);
    const globals = this.#engine.globals();
    this.#engine = new Engine(this.#catalogue);
    this.#engine.restoreGlobals(globals);
    if (snapshot !== undefined) this.#engine.restore(device, snapshot);
  }
}

interface Sample {
  readonly signals: Readonly<Record<string, SignalValue>>;
  readonly faults: readonly FaultCode[];
}

function sampleAt(test: PackTest, atMs: number): Sample | undefined {
  const index = Math.round(atMs / test.everyMs);
  const signals: Record<string, SignalValue> = {};
  for (const [name, runs] of Object.entries(test.signals)) {
    let start = 0;
    for (const { value, count } of runs) {
      if (index >= start && index < start + count && value !== undefined) signals[name] = value;
      start += count;
    }
  }
  const faults = test.faults.filter((fault) => Math.round(fault.atMs / test.everyMs) === index);
  if (Object.keys(signals).length === 0 && faults.length === 0) return undefined;
  return { signals, faults: faults.map(({ code, active }) => ({ code, active })) };
}

function arrivals(test: PackTest): Arrival[] {
  const lengths = Object.values(test.signals).map((runs) => runs.reduce((sum, run) => sum + run.count, 0));
  const lastFault = Math.max(0, ...test.faults.map((fault) => Math.round(fault.atMs / test.everyMs) + 1));
  const count = Math.min(samplesMax, Math.max(lastFault, ...lengths));
  const lateBy = new Map(test.late.map((late) => [Math.round(late.atMs / test.everyMs), late.arrivesMs]));
  const list: Arrival[] = [];
  for (let index = 0; index < count; index++) {
    const atMs = index * test.everyMs;
    list.push({ atMs, arrivesMs: lateBy.get(index) ?? atMs, repeat: false });
  }
  for (const { atMs, arrivesMs } of test.duplicate) list.push({ atMs, arrivesMs, repeat: true });
  return list.sort((a, b) => a.arrivesMs - b.arrivesMs || a.atMs - b.atMs);
}

/** Detectors learn from real life; a handful of made-up samples says nothing of them, so tests are about the rest. */
function stated(events: readonly FindingEvent[]): FindingEvent[] {
  return events.filter((event) => /^(?:rule|fault):|^silent$/.test(event.source));
}

function judge(expectation: PackExpectation, all: readonly FindingEvent[]): string | undefined {
  const raised = stated(all).filter((event) => event.state === 'raised');
  if (expectation.kind === 'open') {
    const { failureMode, fromMs, toMs, severity } = expectation;
    const opening = openings(raised).find((event) => event.failureMode === failureMode);
    const wanted = `expected a ${failureMode} case between ${formatDuration(fromMs)} and ${formatDuration(toMs)}`;
    if (!opening) return `${wanted}, none opened`;
    const openedMs = opening.openedAt - startAt;
    if (openedMs < fromMs || openedMs > toMs) return `${wanted}, it opened at ${formatDuration(openedMs)}`;
    if (severity === undefined || opening.severity === severity) return undefined;
    return `expected severity ${severity}, the case opened as ${opening.severity}`;
  }
  const until = startAt + expectation.atMs;
  const when = `at ${formatDuration(expectation.atMs)}`;
  const before = stated(all).filter((event) => event.receivedAt <= until);
  const findings = raised.filter((event) => event.receivedAt <= until);
  if (expectation.findings !== undefined && findings.length !== expectation.findings) {
    return `expected ${expectation.findings} findings ${when}, there were ${findings.length}`;
  }
  const cases = openings(findings).length;
  if (expectation.cases !== undefined && cases !== expectation.cases) {
    return `expected ${expectation.cases} cases ${when}, there were ${cases}`;
  }
  if (expectation.cleared === undefined) return undefined;
  const holding = findings.filter(
    (event) => !before.some((other) => other.finding === event.finding && other.state === 'cleared'),
  );
  if (expectation.cleared === (holding.length === 0)) return undefined;
  const names = holding.map((event) => event.source).join(', ');
  return expectation.cleared
    ? `expected all cleared ${when}, still held: ${names}`
    : `expected a finding to hold ${when}`;
}

/** The findings that open a case: the first of its failure mode, since nobody resolves one in a test. */
function openings(raised: readonly FindingEvent[]): FindingEvent[] {
  const seen = new Set<string>();
  return raised.filter((event) => {
    if (!event.opensCase || seen.has(event.failureMode)) return false;
    seen.add(event.failureMode);
    return true;
  });
}

function history(events: readonly FindingEvent[], test: PackTest): string {
  const lines = stated(events).map((event) => {
    const when = formatDuration(event.at - startAt);
    return `    ${when}: ${event.source} ${event.state} (${event.severity}) ${event.explanation}`;
  });
  const samples = `    samples every ${formatDuration(test.everyMs)}`;
  return [samples, ...(lines.length > 0 ? lines : ['    nothing was found'])].join('\n');
}

/** Samples before the time of an expectation whose rules are looked at. */
const lookedAtMax = 5_000;
const changesShown = 20;

/**
 * For each rule that an expectation may be about: at which samples its state changed up to that time, and what it then
 * said. The first line that is not as expected is where to look.
 */
function ruleHistories(pack: ProductPack, test: PackTest, expectation: PackExpectation): string[] {
  const untilMs = expectation.kind === 'open' ? expectation.toMs : expectation.atMs;
  const rules = pack.rules.filter(
    ({ failureMode }) => expectation.kind !== 'open' || failureMode === expectation.failureMode,
  );
  const asked = new Set(rules.map(({ id }) => id));
  const fromMs = untilMs - lookedAtMax * test.everyMs;
  const lines = new Map<string, string[]>();
  const last = new Map<string, string>();
  runTest(pack, test, (run, { arrivesMs, atMs }) => {
    if (arrivesMs > untilMs || arrivesMs < fromMs) return;
    for (const now of run.standings()) {
      const { id } = now.rule;
      const state = standingState(now);
      if (!asked.has(id) || last.get(id) === state) continue;
      last.set(id, state);
      const heldMs = now.since === undefined ? 0 : startAt + atMs - now.since;
      const sentence = standingSentence(now, heldMs, (at) => formatDuration(at - startAt));
      const own = lines.get(id) ?? [];
      own.push(`      ${formatDuration(atMs)}: ${state}. ${sentence}`);
      lines.set(id, own);
    }
  });
  return [...lines].map(([id, own]) => {
    const left = own.length - changesShown;
    const shown = left > 0 ? [...own.slice(0, changesShown), `      and ${left} more changes`] : own;
    return [`    rule ${id} up to ${formatDuration(untilMs)}:`, ...shown].join('\n');
  });
}
