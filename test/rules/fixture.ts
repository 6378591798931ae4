import { formatProblem, type ProductPack, parsePack } from '../../src/product/index.ts';
import {
  type CompiledRules,
  compileRules,
  conditionChecker,
  type RulesState,
  type RuleTransition,
} from '../../src/rules/index.ts';
import type { FaultCode, Report, SignalValue } from '../../src/telemetry/index.ts';

export const minute = 60_000;
/** 12:00 UTC, so that sentences are easy to read. */
export const noon = Date.UTC(2026, 10, 21, 12);

export function packOf(rules: string, signals = defaultSignals, more = ''): ProductPack {
  const source = `product: p\ntitle: P\nreports: {every: 60s, silentAfter: 30m}\nsignals:\n${signals}
${more}
failureModes: {cooling-loss: {title: Loss of cooling, severity: major}}
faultCodes: {E21: {title: Sensor open}, E7: {title: Heater open}}
rules:\n${rules}\n`;
  const { pack, problems } = parsePack({
    file: 'p.yaml',
    source,
    checkCondition: conditionChecker,
    checkWatch: () => [],
  });
  if (pack === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return pack;
}

export const defaultSignals = `  temp: {title: Cabinet temperature, unit: Cel, kind: gauge}
  current: {title: Compressor current, unit: A, kind: gauge}
  level: {title: Level, kind: gauge, maxAge: 5m}
  starts: {title: Starts, kind: counter}
  door: {title: Door open, kind: state}
  mode: {title: Mode, kind: state, values: [idle, run]}`;

export function compiled(pack: ProductPack): CompiledRules {
  const { rules, problems } = compileRules(pack);
  if (rules === undefined) throw new Error(problems.join('\n'));
  return rules;
}

export interface Told {
  readonly faults?: readonly FaultCode[];
  readonly receivedAt?: number;
  readonly firmware?: string;
  readonly site?: string;
  readonly timezone?: string;
}

export function reportAt(at: number, signals: Readonly<Record<string, SignalValue>>, told: Told = {}): Report {
  return {
    device: 'd1',
    product: 'p',
    offset: 0,
    index: 0,
    at,
    receivedAt: told.receivedAt ?? at,
    rawAt: undefined,
    boot: undefined,
    seq: undefined,
    firmware: told.firmware,
    signals,
    faults: told.faults ?? [],
  };
}

/** One device under one pack, on a clock of minutes after {@link noon}. */
export class Device {
  readonly transitions: RuleTransition[] = [];
  rules: CompiledRules;
  state: RulesState;
  #downMs = 0;

  constructor(pack: ProductPack) {
    this.rules = compiled(pack);
    this.state = this.rules.init();
  }

  report(atMinute: number, signals: Readonly<Record<string, SignalValue>>, told: Told = {}): this {
    const at = noon + Math.round(atMinute * minute);
    const { site, timezone } = told;
    const report = reportAt(at, signals, told);
    const context = { site, timezone };
    const input = { kind: 'report', report, downMs: this.#downMs, context } as const;
    this.transitions.push(...this.rules.step(this.state, input));
    return this;
  }

  /** One report a minute from `from` up to and with `to`. */
  every(from: number, to: number, signals: Readonly<Record<string, SignalValue>>): this {
    for (let at = from; at <= to; at++) this.report(at, signals);
    return this;
  }

  /** The service was away for so long. */
  down(minutes: number): this {
    this.#downMs += minutes * minute;
    return this;
  }

  tick(atMinute: number, silentForMinutes?: number): this {
    const silentForMs = silentForMinutes === undefined ? undefined : silentForMinutes * minute;
    const tick = { kind: 'tick', at: noon + atMinute * minute, silentForMs, downMs: this.#downMs } as const;
    this.transitions.push(...this.rules.step(this.state, tick));
    return this;
  }

  /** `warm raised @10 since 0`, in minutes. */
  told(): string[] {
    return this.transitions.map(({ rule, state, at, startsAt }) => {
      const minutes = (time: number) => (time - noon) / minute;
      return `${rule.id} ${state} @${minutes(at)} since ${minutes(startsAt)}`;
    });
  }
}
