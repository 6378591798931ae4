import { VirtualService } from '../../src/backtest/index.ts';
import { deviceFacts, reportsTopic } from '../../src/telemetry/index.ts';
import { pack } from '../engine/fixture.ts';
import {
  casesPerRuleHour,
  counted,
  type GoldenCase,
  type Outcome,
  type Step,
  wordsFor,
  wordsOfCase,
  wordsOfFinding,
} from './golden-case.ts';

/** Service time: after all that the cases tell of. */
const began = Date.UTC(2026, 5, 1);
const minute = 60_000;

/**
 * Runs a case through the service's own processing on a virtual clock. `often`: what happens after every message too; with
 * ticks, what is told on the way may differ, and what stands in the end not.
 */
export async function outcomeOnClock(item: GoldenCase, often?: 'restart' | 'tick'): Promise<Outcome> {
  const service = new VirtualService((_, source) => pack(source), began, casesPerRuleHour);
  const { timezone } = item;
  for (const { product, source } of item.packs) {
    await service.publish({ product, file: `${product}.yaml`, source });
  }
  const installedAt = item.isInstalled ? began : undefined;
  for (const { id, product, site, parent } of item.devices) {
    await service.register(deviceFacts({ id, product, timezone, site, parent, installedAt }));
  }
  const zero = item.zero ?? began;
  for (const step of item.steps) await take(service, item, step, { zero, often });
  await service.tick();
  return outcomeOf(service, item, zero);
}

async function take(
  service: VirtualService,
  { product, source, versions }: GoldenCase,
  step: Step,
  { zero, often }: { readonly zero: number; readonly often: 'restart' | 'tick' | undefined },
): Promise<void> {
  switch (step.kind) {
    case 'message': {
      const topic = step.topic === 'reports' ? reportsTopic(step.device) : `devices/${step.device}/assist`;
      await service.message(step.device, topic, new TextEncoder().encode(step.payload(zero)));
      if (often === 'restart') service.restart();
      return often === 'tick' ? service.tick() : undefined;
    }
    case 'tick':
      return service.tick();
    case 'restart':
      return service.restart();
    case 'silence':
      service.now += pack(source).reports.silentAfterMs + minute;
      return service.tick();
    case 'wait':
      service.now += step.ms;
      return service.tick();
    case 'publish':
      return service.publish({ product, file: `${product}.yaml`, source: versions[step.version] ?? '' });
    case 'plan': {
      const { name, query, from, to } = step;
      const plan = { id: name, query, owner: 'Ana', reason: 'Work', from: zero + from, to: zero + to };
      return service.planMaintenance(plan);
    }
    case 'end':
      return service.endMaintenance(step.name, 'Ana');
    case 'acknowledge':
    case 'resolve':
      return work(service, step);
  }
}

function work(
  { cases, now }: VirtualService,
  step: { readonly kind: 'acknowledge' | 'resolve'; readonly failureMode: string },
): void {
  const found = cases.cases().findLast(({ failureMode }) => failureMode === step.failureMode);
  if (found === undefined) throw new Error(`there is no case of ${step.failureMode}`);
  const { id, version } = found;
  const named = { case: id, version, actor: 'staff', now };
  if (step.kind === 'acknowledge') cases.apply({ kind: 'acknowledge', ...named });
  else cases.apply({ kind: 'resolve', ...named, verdict: 'confirmed_fault', note: undefined });
}

function outcomeOf(service: VirtualService, item: GoldenCase, zero: number): Outcome {
  const words = wordsFor(item, zero, began);
  const counts = { ...service.counts(item.device) };
  const { cases } = service;
  return {
    findings: counted(cases.findings().map((finding) => wordsOfFinding(finding, words))),
    cases: counted(
      cases.cases().map((one) => {
        const timeline = cases.timeline(one.id).map(({ kind }) => kind);
        return wordsOfCase({ ...one, isRecurrence: one.recurrenceOf !== null, timeline }, words);
      }),
    ),
    counts: Object.fromEntries(
      Object.keys(item.expected.counts).map((name) => [name, Number(counts[name as keyof typeof counts])]),
    ),
  };
}
