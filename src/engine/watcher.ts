import { type Cells, cellCount, cellsAt } from '../base/index.ts';
import {
  type BoundDetector,
  boundless,
  type DetectorKind,
  detectors,
  type JudgedStretch,
  type Memory,
  type MemorySize,
  type NumberReading,
  rangeBar,
  type Score,
  stuckBar,
} from '../detect/index.ts';
import {
  type EvidenceReading,
  explainAverage,
  explainBand,
  explainDrift,
  explainRange,
  explainSpread,
  explainStuck,
  fixedGate,
  type GateParams,
  type GatesChange,
  type GatesState,
  gatesAt,
  gatesCells,
  gatesInit,
  gatesOpen,
  gatesStep,
  gateVersion,
  type JudgedReading,
  learnedGate,
  patientGate,
  readingBar,
  type SignalWords,
  type Stretch,
  stretchBar,
} from '../findings/index.ts';
import type { WatchSpec } from '../product/index.ts';

/** A detector on one signal, behind its gates, at work on a memory: that of whichever device is in hand. */
export interface Watcher {
  /** Makes the memory that of a signal never seen. */
  init(): void;
  /** The detector has warmed up, and needs no `starts` any more. */
  isWarm(): boolean;
  /**
   * Judges a reading (finite, not older than the one before); changes only the memory. What it returns is one object,
   * made anew by the next step.
   */
  step(reading: NumberReading): WatcherStep;
  /** Of the last step, the greater of the looks' scores over their bars: above 1 is beyond; 0 while it warms up. */
  exceedance(): number;
}

export interface WatcherStep {
  /** Nothing is known yet; there is no band. */
  readonly warmingUp: boolean;
  /**
   * What was expected of this reading, solved at the bar as it stood: outside it is abnormal, inside is not. Undefined
   * for detectors that look at readings together only.
   */
  readonly band: Band | undefined;
  /** The value is one that the signal cannot have: no other detector should learn from it. */
  readonly outOfRange: boolean;
  readonly change: WatcherChange | undefined;
}

export interface Band {
  readonly low: number;
  readonly high: number;
  readonly expected: number;
}

export type WatcherChange =
  | {
      readonly kind: 'raised';
      /** Event time at which the condition began, and of the reading that satisfied the gate. */
      readonly startsAt: number;
      readonly openedAt: number;
      readonly explanation: string;
      /** What satisfied the gate where that was not the readings one by one: they may lie inside their band. */
      readonly stretch: Stretch | undefined;
      /** Oldest first, the newest the one that opened it; each with its band as it stood, where it had one. */
      readonly evidence: readonly Omit<EvidenceReading, 'signal'>[];
    }
  | { readonly kind: 'cleared'; readonly endsAt: number };

export interface WatcherOptions {
  readonly signal: SignalWords;
  readonly spec: Pick<WatchSpec, 'kind' | 'params'>;
  readonly detector: DetectorKind;
  /** As large as {@link watcherSize} says. */
  readonly memory: Memory;
}

const patientKinds: ReadonlySet<string> = new Set(['spread', 'drift']);

/** Readings that an opened finding shows, the one that opened it included. */
const evidenceReadings = 6;

const cell = {
  /** How many judged readings are kept: 0 while the detector warms up. They follow, each with its band. */
  kept: 0,
  /** Place of the next one in their ring. */
  next: 1,
} as const;

/** Event time and value; the bounds of its band, where readings have one. */
function readingCells({ looks }: DetectorKind): number {
  return looks === 'stretches' ? 2 : 4;
}

/** A memory belongs to the version that made it. */
export function watcherVersion({ version }: DetectorKind): string {
  return `${version}.${gateVersion}`;
}

export function watcherSize(detector: DetectorKind): MemorySize {
  const { size, looks } = detector;
  return { cells: recentCells(detector) + size.cells + gatesCells(looks), starts: size.starts };
}

function recentCells(detector: DetectorKind): number {
  return cellCount(cell) + evidenceReadings * readingCells(detector);
}

export function createWatcher(options: WatcherOptions): Watcher {
  return new SignalWatcher(options);
}

class SignalWatcher implements Watcher {
  readonly #options: WatcherOptions;
  readonly #gate: GateParams;
  readonly #isRange: boolean;
  readonly #isBanded: boolean;
  readonly #recent: RecentReadings;
  readonly #detector: BoundDetector;
  readonly #gates: GatesState;
  readonly #watched = { at: 0, value: 0, bar: 0, stretchBar: 0, open: false };
  readonly #step = new Step();
  #score: Score | undefined;

  constructor(options: WatcherOptions) {
    const { spec, detector, memory } = options;
    const { cells, starts } = memory;
    const { budget, ...params } = spec.params;
    const own = recentCells(detector);
    this.#options = options;
    this.#gate = gateOf(spec.kind, budget);
    this.#isRange = spec.kind === 'range';
    this.#isBanded = detector.looks !== 'stretches';
    // What came before says nothing of a value that cannot be.
    this.#recent = new RecentReadings(cells, this.#isRange ? 1 : evidenceReadings, readingCells(detector));
    this.#detector = detector.bind(params, { cells: cells.subarray(own, own + detector.size.cells), starts });
    this.#gates = gatesAt(cells, own + detector.size.cells, detector.looks);
  }

  init(): void {
    const { cells, starts } = this.#options.memory;
    cells.fill(0);
    starts.fill(0);
    this.#detector.init();
    gatesInit(this.#gate, this.#gates);
  }

  isWarm(): boolean {
    return this.#recent.any;
  }

  step(reading: NumberReading): WatcherStep {
    const { at, value } = reading;
    const watched = this.#watched;
    watched.at = at;
    watched.value = value;
    watched.bar = readingBar(this.#gates);
    watched.stretchBar = stretchBar(this.#gates);
    watched.open = gatesOpen(this.#gates);
    const score = this.#detector.update(watched);
    this.#score = score;
    if (score.status === 'warming-up') return warmingUp;
    this.#recent.keep(at, value, score);
    const change = gatesStep(this.#gate, this.#gates, at, score);
    const step = this.#step;
    step.band = this.#isBanded ? score : undefined;
    step.outOfRange = this.#isRange && score.score > watched.bar;
    step.change = change && this.#changeOf(change, watched, score.stretch);
    return step;
  }

  exceedance(): number {
    const score = this.#score;
    if (score === undefined || score.status === 'warming-up') return 0;
    const { bar, stretchBar } = this.#watched;
    return Math.max(score.score / bar, (score.stretch?.score ?? 0) / stretchBar);
  }

  #changeOf(change: GatesChange, reading: NumberReading, judged: JudgedStretch | undefined): WatcherChange {
    if (change.change === 'closed') return { kind: 'cleared', endsAt: change.endsAt };
    const { at } = reading;
    const stretch = change.look === 'stretch' && judged ? stretchOf(judged, at) : undefined;
    const seen = this.#recent.list();
    const looked = seen.slice(-this.#gate.of);
    const explanation = stretch ? this.#explainTogether(reading, stretch) : this.#explainReadings(looked);
    const startsAt = stretch?.since ?? change.startsAt;
    const evidence = seen.map((item) => (isBoundless(item) ? { at: item.at, value: item.value } : item));
    return { kind: 'raised', startsAt, openedAt: at, explanation, stretch, evidence };
  }

  #explainReadings(looked: readonly JudgedReading[]): string {
    const { signal } = this.#options;
    const [last] = looked.slice(-1);
    return this.#isRange && last ? explainRange(signal, last) : explainBand(signal, looked);
  }

  #explainTogether(reading: NumberReading, stretch: Stretch): string {
    const { signal, spec } = this.#options;
    if (spec.kind === 'drift') return explainDrift(signal, stretch);
    if (spec.kind === 'spread') return explainSpread(signal, stretch);
    if (spec.kind === 'stuck') return explainStuck(signal, reading, stretch);
    return explainAverage(signal, stretch);
  }
}

const warmingUp: WatcherStep = {
  warmingUp: true,
  band: undefined,
  outOfRange: false,
  change: undefined,
};

class Step implements WatcherStep {
  readonly warmingUp = false;
  band: Band | undefined;
  outOfRange = false;
  change: WatcherChange | undefined;
}

/** The last judged readings, each with its band where it has one, in a ring of cells. */
class RecentReadings {
  readonly #own: Cells<typeof cell>;
  readonly #ring: Float64Array;
  readonly #most: number;
  readonly #size: number;

  constructor(cells: Float64Array, most: number, size: number) {
    this.#own = cellsAt(cell, cells, 0);
    this.#ring = cells.subarray(cellCount(cell), cellCount(cell) + most * size);
    this.#most = most;
    this.#size = size;
  }

  get any(): boolean {
    return this.#own[cell.kept] > 0;
  }

  keep(at: number, value: number, band: Band): void {
    const own = this.#own;
    const ring = this.#ring;
    const next = own[cell.next];
    const place = next * this.#size;
    ring[place] = at;
    ring[place + 1] = value;
    if (this.#size > 2) {
      ring[place + 2] = band.low;
      ring[place + 3] = band.high;
    }
    own[cell.next] = next + 1 === this.#most ? 0 : next + 1;
    if (own[cell.kept] < this.#most) own[cell.kept] += 1;
  }

  /** Oldest first. */
  list(): JudgedReading[] {
    const kept = this.#own[cell.kept];
    const oldest = this.#own[cell.next] + this.#most - kept;
    return Array.from({ length: kept }, (_, index) => {
      const place = ((oldest + index) % this.#most) * this.#size;
      const [at = 0, value = 0, low = boundless.low, high = boundless.high] = this.#ring.subarray(
        place,
        place + this.#size,
      );
      return { at, value, low, high };
    });
  }
}

function isBoundless({ low, high }: { readonly low: number; readonly high: number }): boolean {
  return low === boundless.low && high === boundless.high;
}

function stretchOf({ value, low, high, count, since }: JudgedStretch, at: number): Stretch {
  return { at, value, low, high, count, since: since === 0 ? undefined : since };
}

function gateOf(kind: string, budget: unknown): GateParams {
  if (kind === 'range') return fixedGate(rangeBar);
  if (typeof budget === 'number') return { ...learnedGate, budget: { kind: 'year', findings: budget } };
  if (kind === 'stuck') return fixedGate(stuckBar);
  return patientKinds.has(kind) ? patientGate : learnedGate;
}

/** Problems of a `watch` entry: the detector's name and parameters, and the gate's `budget`. */
export function checkWatch(kind: string, params: Readonly<Record<string, unknown>>): readonly string[] {
  const detector = detectors.get(kind);
  if (!detector) return [`there is no detector "${kind}"; there are: ${[...detectors.keys()].join(', ')}`];
  const { budget, ...own } = params;
  const problems = [...detector.check(own)];
  if (budget !== undefined && !(typeof budget === 'number' && budget > 0 && budget <= 100_000)) {
    problems.push('"budget" must be the false findings a device may raise in a year: more than 0, at most 100000');
  }
  return problems;
}
