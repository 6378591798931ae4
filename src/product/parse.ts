import { minuteMs } from '../base/index.ts';
import { severities, severityRank } from '../telemetry/index.ts';
import type { ConditionCheck, ConditionChecker, WatchChecker } from './checkers.ts';
import { parseDerived } from './derived.ts';
import { type Path, SourceDocument } from './document.ts';
import { dashedIdProblem, didYouMean, faultCodeProblem, productIdProblem, titleFromName } from './names.ts';
import {
  type FailureMode,
  type FaultCodeSpec,
  type PackProblem,
  type Playbook,
  type ProductPack,
  type RuleSpec,
  reservedFailureModes,
} from './pack.ts';
import { parseTests } from './pack-tests.ts';
import { parseParent } from './parent.ts';
import {
  failureModeSchema,
  faultCodeSchema,
  packSchema,
  playbookSchema,
  type RuleInput,
  reportsSchema,
  ruleSchema,
} from './schema.ts';
import { readShape, refuseUnknownKeys } from './shape.ts';
import { parseSignals, type SignalsContext } from './signals.ts';

const defaultEveryMs = minuteMs;
const silentAfterReports = 30;
const rulesMax = 200;
const catalogueMax = 1_000;
const playbooksMax = 100;

export interface ParsePackOptions {
  /** Named in problems; nothing is read from it. */
  readonly file: string;
  readonly source: string;
  readonly checkCondition: ConditionChecker;
  readonly checkWatch: WatchChecker;
  /**
   * The source was published before: a playbook that it names and does not describe is left out without a word. Packs
   * could once only name them, and must still be read when the log is replayed. Default: false.
   */
  readonly published?: boolean;
  /**
   * The packs that are in force, or published together, by product: what is asked of parents is checked against them.
   * Undefined: of parents it is checked only what can be without.
   */
  readonly packs?: ReadonlyMap<string, ProductPack> | undefined;
}

export type ParsePackResult =
  | { readonly pack: ProductPack; readonly problems?: undefined }
  | { readonly pack?: undefined; readonly problems: readonly PackProblem[] };

/** Reads a pack file, YAML or JSON: the complete pack, or every problem of it with its place, in the file's order. */
export function parsePack(options: ParsePackOptions): ParsePackResult {
  const document = new SourceDocument(options.file, options.source);
  const root = document.value;
  if (!isRecord(root)) {
    if (!document.hasProblems) document.atValue([], 'a product pack has keys and values: product, title, signals, …');
    return { problems: document.problems() };
  }
  const pack = new PackParser(document, root, options).parse();
  return document.hasProblems ? { problems: document.problems() } : { pack };
}

type ConditionProblems = ConditionCheck['condition'];

class PackParser {
  readonly #document: SourceDocument;
  readonly #root: Readonly<Record<string, unknown>>;
  readonly #options: ParsePackOptions;
  /** Every failure mode that may be named, sound or not: one broken entry is one problem, not one a reference. */
  readonly #modeNames: ReadonlySet<string>;
  /** As with failure modes: sound or not. */
  readonly #playbookNames: ReadonlySet<string>;
  /** Failure modes whose severity is a default: a fault code then has its own default. */
  readonly #modesWithoutSeverity = new Set<string>();

  constructor(document: SourceDocument, root: Readonly<Record<string, unknown>>, options: ParsePackOptions) {
    this.#document = document;
    this.#root = root;
    this.#options = options;
    const own = isRecord(root.failureModes) ? Object.keys(root.failureModes) : [];
    this.#modeNames = new Set([...own, ...reservedFailureModes.map((mode) => mode.id)]);
    this.#playbookNames = new Set(Object.keys(this.#section('playbooks')));
  }

  parse(): ProductPack {
    refuseUnknownKeys(this.#document, [], Object.keys(this.#root), Object.keys(packSchema.shape));
    const product = this.#text('product') ?? '';
    const idProblem = product === '' ? undefined : productIdProblem(product);
    if (idProblem !== undefined) this.#document.atValue(['product'], idProblem);
    const title = this.#text('title') ?? '';
    const reports = this.#reports();
    const failureModes = this.#failureModes();
    const playbooks = this.#playbooks();
    const signals = parseSignals(this.#signalsContext(failureModes, reports.silentAfterMs));
    const faultCodes = this.#faultCodes(failureModes);
    const parent = parseParent({
      document: this.#document,
      value: this.#root.parent,
      packs: this.#options.packs,
      own: { product, signals: signals.unsure.length === 0 ? signals.specs : undefined },
    });
    const vocabulary = { unsureSignals: signals.unsure, faultCodes: Object.keys(this.#section('faultCodes')) };
    const { checkCondition } = this.#options;
    const derived = parseDerived({
      document: this.#document,
      value: signals.readable ? this.#root.derived : undefined,
      signals: signals.specs,
      ...vocabulary,
      checkCondition,
      maxAgeMs: reports.silentAfterMs,
    });
    const check = checkCondition({
      signals: [...signals.specs, ...derived.specs],
      unsureSignals: [...signals.unsure, ...derived.unsure],
      faultCodes: vocabulary.faultCodes,
      parent,
    });
    const rules = this.#rules(failureModes, signals.readable ? check.condition : () => []);
    const tests = parseTests({
      document: this.#document,
      value: this.#root.tests,
      defaultEveryMs: reports.everyMs,
      signals: signals.specs,
      unsureSignals: signals.unsure,
      parent,
      published: this.#options.published === true,
      checkMode: (path, id) => this.#checkMode(path, id),
    });
    const catalogue = { failureModes, playbooks, faultCodes };
    const head = { product, title, parent: parent?.product, reports };
    return { ...head, signals: signals.specs, derived: derived.specs, ...catalogue, rules, tests };
  }

  #signalsContext(failureModes: readonly FailureMode[], silentAfterMs: number): SignalsContext {
    return {
      document: this.#document,
      value: this.#root.signals,
      defaultMaxAgeMs: silentAfterMs,
      checkWatch: this.#options.checkWatch,
      mode: (path, id) => this.#mode(failureModes, path, id),
    };
  }

  #text(key: 'product' | 'title'): string | undefined {
    const value = this.#root[key];
    if (value === undefined) {
      this.#document.atKey([], `'${key}' is missing`);
      return undefined;
    }
    return readShape(this.#document, [key], packSchema.shape[key], value);
  }

  #reports(): ProductPack['reports'] {
    const value = this.#root.reports;
    const input = value === undefined ? {} : (readShape(this.#document, ['reports'], reportsSchema, value) ?? {});
    const everyMs = input.every ?? defaultEveryMs;
    return { everyMs, silentAfterMs: input.silentAfter ?? silentAfterReports * everyMs };
  }

  /** A top-level section of named entries; empty when it is absent or not such a section. */
  #section(key: string): Readonly<Record<string, unknown>> {
    const value = this.#root[key];
    return isRecord(value) ? value : {};
  }

  #checkSection(key: string, max: number): void {
    const value = this.#root[key];
    if (value === undefined || isRecord(value)) {
      if (Object.keys(this.#section(key)).length > max) this.#document.atKey([key], `at most ${max} entries`);
      return;
    }
    this.#document.atKey([key], `'${key}' has keys and values`);
  }

  #failureModes(): readonly FailureMode[] {
    this.#checkSection('failureModes', catalogueMax);
    const modes: FailureMode[] = [];
    for (const [id, value] of Object.entries(this.#section('failureModes'))) {
      const path = ['failureModes', id];
      const reserved = reservedFailureModes.some((mode) => mode.id === id);
      const problem = reserved ? `'${id}' is reserved and always there` : dashedIdProblem(id, 'failure mode');
      if (problem !== undefined) this.#document.atKey(path, problem);
      const input = readShape(this.#document, path, failureModeSchema, value);
      if (input === undefined) continue;
      if (input.severity === undefined) this.#modesWithoutSeverity.add(id);
      modes.push({
        id,
        title: input.title,
        severity: input.severity ?? 'minor',
        safety: input.safety ?? false,
        horizonMs: input.horizon,
        playbook: this.#playbook([...path, 'playbook'], input.playbook),
        parts: input.parts ?? [],
        covered: input.covered ?? [],
      });
    }
    return [...modes, ...reservedFailureModes];
  }

  /** A pack without playbooks may name those that are kept elsewhere. */
  #playbook(path: Path, id: string | undefined): string | undefined {
    if (id === undefined || this.#playbookNames.has(id)) return id;
    if (this.#playbookNames.size > 0 && this.#options.published !== true) {
      this.#document.atValue(path, `there is no playbook '${id}'${didYouMean(id, this.#playbookNames)}`);
    }
    return undefined;
  }

  #playbooks(): readonly Playbook[] {
    this.#checkSection('playbooks', playbooksMax);
    const playbooks: Playbook[] = [];
    for (const [id, value] of Object.entries(this.#section('playbooks'))) {
      const path = ['playbooks', id];
      const problem = dashedIdProblem(id, 'playbook id');
      if (problem !== undefined) this.#document.atKey(path, problem);
      const input = readShape(this.#document, path, playbookSchema, value);
      if (input === undefined) continue;
      const steps = input.steps.map((step) => {
        const { do: text, who, expect } = typeof step === 'string' ? { do: step } : step;
        return { do: text, who, expect };
      });
      playbooks.push({ id, title: input.title, steps });
    }
    return playbooks;
  }

  #faultCodes(modes: readonly FailureMode[]): readonly FaultCodeSpec[] {
    this.#checkSection('faultCodes', catalogueMax);
    const codes: FaultCodeSpec[] = [];
    for (const [code, value] of Object.entries(this.#section('faultCodes'))) {
      const path = ['faultCodes', code];
      const problem = faultCodeProblem(code);
      if (problem !== undefined) this.#document.atKey(path, problem);
      const input = readShape(this.#document, path, faultCodeSchema, value);
      if (input === undefined) continue;
      const mode =
        input.failureMode === undefined ? undefined : this.#mode(modes, [...path, 'failureMode'], input.failureMode);
      codes.push({
        code,
        title: input.title,
        severity: input.severity ?? this.#givenSeverity(mode) ?? 'major',
        safety: input.safety ?? mode?.safety ?? false,
        failureMode: input.failureMode,
      });
    }
    return codes;
  }

  #givenSeverity(mode: FailureMode | undefined): FailureMode['severity'] | undefined {
    return mode === undefined || this.#modesWithoutSeverity.has(mode.id) ? undefined : mode.severity;
  }

  #rules(modes: readonly FailureMode[], checkCondition: ConditionProblems): readonly RuleSpec[] {
    const value = this.#root.rules;
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.#document.atKey(['rules'], "'rules' is a list: begin each rule with '- id: …'");
      return [];
    }
    if (value.length > rulesMax) this.#document.atKey(['rules'], `at most ${rulesMax} rules`);
    const seen = new Set<string>();
    const rules: RuleSpec[] = [];
    for (const [index, item] of value.slice(0, rulesMax).entries()) {
      const path = ['rules', index];
      this.#checkRuleWords(path, item, { seen, checkCondition });
      const input = readShape(this.#document, path, ruleSchema, item);
      if (input === undefined) continue;
      const rule = ruleSpec(modes, input);
      this.#checkEscalation(path, rule);
      rules.push(rule);
    }
    return rules;
  }

  /** Before the shape, so that a misspelt key elsewhere in the rule does not hide a misspelt signal. */
  #checkRuleWords(path: Path, item: unknown, known: { seen: Set<string>; checkCondition: ConditionProblems }): void {
    if (!isRecord(item)) return;
    const { id, failureMode } = item;
    if (typeof id === 'string') {
      const problem = known.seen.has(id) ? `there are two rules '${id}'` : dashedIdProblem(id, 'rule id');
      if (problem !== undefined) this.#document.atValue([...path, 'id'], problem);
      known.seen.add(id);
    }
    if (typeof failureMode === 'string') this.#checkMode([...path, 'failureMode'], failureMode);
    const worse = isRecord(item.escalate) ? Object.entries(item.escalate) : [];
    const escalations = worse.map(([severity, text]) => [['escalate', severity], text] as const);
    for (const [key, condition] of [[['when'], item.when], [['clear'], item.clear], ...escalations] as const) {
      if (typeof condition !== 'string' || condition === '') continue;
      for (const problem of known.checkCondition(condition)) {
        this.#document.inText([...path, ...key], problem.offset, problem.text);
      }
    }
  }

  #checkEscalation(path: Path, { severity, escalate = {} }: RuleSpec): void {
    for (const worse of severities) {
      if (escalate[worse] === undefined || severityRank(worse) > severityRank(severity)) continue;
      const text = `'${worse}' is not above the rule's own severity, ${severity}`;
      this.#document.atKey([...path, 'escalate', worse], text);
    }
  }

  #mode(modes: readonly FailureMode[], path: Path, id: string): FailureMode | undefined {
    this.#checkMode(path, id);
    return modes.find((mode) => mode.id === id);
  }

  #checkMode(path: Path, id: string): void {
    if (this.#modeNames.has(id)) return;
    this.#document.atValue(path, `there is no failure mode '${id}'${didYouMean(id, this.#modeNames)}`);
  }
}

function ruleSpec(modes: readonly FailureMode[], input: RuleInput): RuleSpec {
  const failureMode = input.failureMode ?? 'anomaly';
  const mode = modes.find((candidate) => candidate.id === failureMode);
  return {
    id: input.id,
    title: input.title ?? titleFromName(input.id),
    when: input.when,
    forMs: input.for ?? 0,
    clear: input.clear,
    clearForMs: input.clearFor ?? 0,
    escalate: input.escalate,
    severity: input.severity ?? mode?.severity ?? 'minor',
    safety: input.safety ?? mode?.safety ?? false,
    failureMode,
    stage: input.stage ?? 'live',
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
