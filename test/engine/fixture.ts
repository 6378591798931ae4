import { checkWatch, Engine, type EngineInput, type EngineOutput } from '../../src/engine/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { Catalogue, type ProductPack, parsePack } from '../../src/product/index.ts';
import { conditionChecker } from '../../src/rules/index.ts';
import { deviceFacts, type Report, type SignalValue } from '../../src/telemetry/index.ts';

export const start = Date.UTC(2026, 2, 1, 12);
export const minute = 60_000;

export function pack(source: string): ProductPack {
  const parsed = parsePack({ file: 'test.yaml', source, checkCondition: conditionChecker, checkWatch });
  if (!parsed.pack) throw new Error(parsed.problems.map((problem) => `${problem.line}: ${problem.text}`).join('\n'));
  return parsed.pack;
}

export const fridge = `
product: fridge
title: Fridge
reports: {every: 1m, silentAfter: 10m}
signals:
  temp: {kind: gauge, unit: Cel, range: [-40, 60]}
  hum: {kind: gauge, unit: "%", watch: [{kind: level, failureMode: seal}]}
failureModes:
  warm: {title: Too warm, severity: major}
  seal: {title: Worn seal, severity: minor}
faultCodes:
  E1: {title: Sensor open, failureMode: warm}
  E2: {title: Door left open}
rules:
  - {id: warm, when: 'temp > 8.0', for: 5m, failureMode: warm}
`;

/** The engine with devices of one product, fed in log order as the pipeline feeds it. */
export class EngineRun {
  readonly out: EngineOutput = { findings: [], bands: [], touched: new Set() };
  readonly catalogue: Catalogue;
  #packs: ProductPack[] = [];
  #engine: Engine;
  #offset = 0;
  readonly #watermarks = new Map<string, number>();

  constructor(source: string, devices: readonly string[] = ['d1']) {
    this.catalogue = new Catalogue((_, version) => this.#packs[Number(version) - 1] ?? pack(source));
    this.#engine = new Engine(this.catalogue);
    this.publish(source);
    for (const id of devices) this.register(id);
  }

  publish(source: string): void {
    this.#packs = [...this.#packs, pack(source)];
    const version = this.#packs.length;
    const product = this.#packs[0]?.product ?? '';
    this.#fact({ type: 'pack-published', at: start, product, version, file: '', source: String(version) });
  }

  register(id: string, installedAt?: number): void {
    const product = this.#packs[0]?.product ?? '';
    this.#fact({
      type: 'device-registered',
      at: start,
      device: deviceFacts({ id, product, installedAt }),
    });
  }

  retire(id: string, at: number): void {
    this.#fact({ type: 'device-retired', at, id });
  }

  report(atMs: number, signals: Record<string, SignalValue>, more: Partial<Report> = {}): FindingEvent[] {
    const at = start + atMs;
    const device = more.device ?? 'd1';
    const report: Report = {
      device,
      product: this.#packs[0]?.product ?? '',
      offset: this.#offset,
      index: 0,
      at,
      receivedAt: at,
      rawAt: undefined,
      boot: undefined,
      seq: undefined,
      firmware: undefined,
      signals,
      faults: [],
      ...more,
    };
    const watermark = this.#watermarks.get(device) ?? Number.NEGATIVE_INFINITY;
    this.#watermarks.set(device, Math.max(watermark, at));
    return this.step({ kind: 'report', report, judged: at >= watermark });
  }

  tick(atMs: number): FindingEvent[] {
    return this.step({ kind: 'tick', offset: this.#offset, at: start + atMs });
  }

  step(input: EngineInput): FindingEvent[] {
    const before = this.out.findings.length;
    this.#offset += 1;
    this.#engine.step(input, this.out);
    return this.out.findings.slice(before);
  }

  assist(atMs: number, note: string): FindingEvent[] {
    const at = start + atMs;
    return this.step({ kind: 'assist', device: 'd1', offset: this.#offset, at, receivedAt: at, note });
  }

  snapshots(): (string | undefined)[] {
    return [...this.catalogue.devices()].map((device) => this.#engine.snapshot(device.id));
  }

  /** As after a crash at a checkpoint: all that lives on is text. */
  restart(): void {
    const globals = JSON.parse(JSON.stringify(this.#engine.globals()));
    const engine = new Engine(this.catalogue);
    engine.restoreGlobals(globals);
    for (const device of this.catalogue.devices()) {
      const snapshot = this.#engine.snapshot(device.id);
      if (snapshot !== undefined) engine.restore(device.id, snapshot);
    }
    this.#engine = engine;
  }

  #fact(fact: Extract<EngineInput, { kind: 'fact' }>['fact']): void {
    this.catalogue.apply(fact);
    this.step({ kind: 'fact', offset: this.#offset, fact });
  }
}

export const short = (events: readonly FindingEvent[]): string[] =>
  events.map((event) => `${event.source} ${event.state}`);
