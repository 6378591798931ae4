import { VirtualService } from '../../src/backtest/index.ts';
import { reportsTopic } from '../../src/telemetry/index.ts';
import { pack } from '../engine/fixture.ts';
import { type GoldenCase, type Outcome, timesOf, wordsOfCase, wordsOfFinding } from './golden-case.ts';

/** Service time: after all that the cases tell of. */
const began = Date.UTC(2026, 5, 1);
const minute = 60_000;

/**
 * Runs a case through the service's own processing on a virtual clock. `often`: what happens after every message too; with
 * ticks, what is told on the way may differ, and what stands in the end not.
 */
export async function outcomeOnClock(item: GoldenCase, often?: 'restart' | 'tick'): Promise<Outcome> {
  const service = new VirtualService((_, source) => pack(source), began);
  const { device, product, source, timezone } = item;
  const facts = { serial: undefined, site: undefined, customer: undefined, batch: undefined };
  const { parent } = item;
  if (parent !== undefined) {
    await service.publish({ product: parent.product, file: 'parent.yaml', source: parent.source });
    const unknown = { timezone: undefined, parent: undefined, installedAt: undefined };
    await service.register({ id: parent.device, product: parent.product, ...facts, ...unknown });
  }
  await service.publish({ product, file: `${product}.yaml`, source });
  await service.register({
    id: device,
    product,
    timezone,
    ...facts,
    parent: parent?.device,
    installedAt: item.isInstalled ? began : undefined,
  });
  const silentAfterMs = pack(source).reports.silentAfterMs;
  const zero = item.zero ?? began;
  for (const step of item.steps) {
    if (step.kind === 'message') {
      const from = step.from === 'parent' ? (parent?.device ?? '') : device;
      const topic = step.topic === 'reports' ? reportsTopic(from) : `devices/${from}/assist`;
      await service.message(from, topic, new TextEncoder().encode(step.payload(zero)));
      if (often === 'restart') service.restart();
      if (often === 'tick') await service.tick();
    } else if (step.kind === 'tick') await service.tick();
    else if (step.kind === 'restart') service.restart();
    else if (step.kind === 'silence') {
      service.now += silentAfterMs + minute;
      await service.tick();
    } else if (step.kind === 'publish') {
      await service.publish({ product, file: `${product}.yaml`, source: item.versions[step.version] ?? '' });
    } else work(service, step);
  }
  await service.tick();
  return outcomeOf(service, item, zero);
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
  const time = timesOf(item, zero, began);
  const counts = { ...service.counts(item.device) };
  const { cases } = service;
  const isOwn = ({ device }: { readonly device: string }) => device === item.device;
  return {
    findings: cases
      .findings()
      .filter(isOwn)
      .map((finding) => wordsOfFinding(finding, time)),
    cases: cases
      .cases()
      .filter(isOwn)
      .map((one) => {
        const timeline = cases.timeline(one.id).map(({ kind }) => kind);
        return wordsOfCase({ ...one, isRecurrence: one.recurrenceOf !== null, timeline }, time);
      }),
    counts: Object.fromEntries(
      Object.keys(item.expected.counts).map((name) => [name, Number(counts[name as keyof typeof counts])]),
    ),
  };
}
