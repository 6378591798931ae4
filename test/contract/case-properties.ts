import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Case, type CaseChange, type CaseStore, type Finding, urgencyOf } from '../../src/cases/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { severities, severityRank } from '../../src/telemetry/index.ts';
import { eventOf, start } from '../cases/events.ts';

/** A finding as drawn: where it belongs, and what happens to it after it was raised. */
interface Episode {
  readonly device: string;
  readonly failureMode: string;
  readonly opensCase: boolean;
  readonly severities: readonly FindingEvent['severity'][];
  readonly safety: boolean;
  readonly later: readonly FindingEvent['state'][];
}

type Step =
  | { readonly kind: 'event'; readonly event: FindingEvent }
  | { readonly kind: 'person'; readonly action: 'acknowledge' | 'resolve'; readonly pick: number };

const episode: fc.Arbitrary<Episode> = fc.record({
  device: fc.constantFrom('f1', 'f2'),
  failureMode: fc.constantFrom('losing', 'door'),
  opensCase: fc.integer({ max: 9, min: 0 }).map((draw) => draw > 1),
  severities: fc.array(fc.constantFrom(...severities), { minLength: 4, maxLength: 4 }),
  safety: fc.boolean(),
  later: fc.array(fc.constantFrom('updated' as const, 'cleared' as const, 'retracted' as const, 'raised' as const), {
    maxLength: 3,
  }),
});

/** Episodes interleaved with what people do: each event in its turn, people in between. */
const story: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.array(episode, { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat(1_000)))
  .map(([episodes, draws]) => {
    const waiting = episodes.map((drawn, i) => eventsOf(drawn, String(i)));
    const steps: Step[] = [];
    while (waiting.some((events) => events.length > 0)) {
      const draw = draws.next().value;
      if (draw % 4 === 0) {
        steps.push({ kind: 'person', action: draw % 8 === 0 ? 'resolve' : 'acknowledge', pick: draw });
      }
      const open = waiting.filter((events) => events.length > 0);
      const event = open[draw % open.length]?.shift();
      if (event !== undefined) steps.push({ kind: 'event', event });
    }
    return steps;
  });

function eventsOf(drawn: Episode, name: string): FindingEvent[] {
  const { later, severities: drawnSeverities, ...fixed } = drawn;
  const states: readonly FindingEvent['state'][] = ['raised', ...later];
  return states.map((state, n) => {
    const severity = drawnSeverities[n] ?? 'minor';
    return eventOf(name, n, { ...fixed, state, severity, explanation: `${name} as of ${n}` });
  });
}

interface Snapshot {
  readonly cases: readonly Case[];
  readonly timelines: unknown;
  readonly findings: readonly Finding[];
}

async function snapshotOf(store: CaseStore): Promise<Snapshot> {
  const cases = (await store.list({ limit: 1_000 })).items;
  const timelines = await Promise.all(cases.map(({ id }) => store.timeline(id, { limit: 1_000 })));
  const pages = await Promise.all(['f1', 'f2'].map((device) => store.findings({ device, limit: 1_000 })));
  return { cases, timelines, findings: pages.flatMap(({ items }) => items) };
}

/** Plays a story; people act on the version that they see. Resolves to the finding changes as applied. */
async function play(store: CaseStore, steps: readonly Step[]): Promise<CaseChange[]> {
  const applied: CaseChange[] = [];
  let now = start;
  for (const step of steps) {
    now += 1;
    if (step.kind === 'event') {
      const change: CaseChange = { kind: 'finding', event: step.event, now };
      applied.push(change);
      await store.apply([change]);
    } else {
      const { items } = await store.list({ limit: 1_000 });
      const item = items[step.pick % Math.max(1, items.length)];
      const allowed = item?.state === 'new' || (item?.state === 'acknowledged' && step.action === 'resolve');
      if (item === undefined || !allowed) continue;
      const person = { case: item.id, version: item.version, actor: 'Ana', now };
      if (step.action === 'acknowledge') await store.apply([{ kind: 'acknowledge', ...person }]);
      else await store.apply([{ kind: 'resolve', ...person, verdict: 'false_alarm', note: undefined }]);
    }
  }
  return applied;
}

/** What must hold whatever happened. */
function checkInvariants({ cases, findings }: Snapshot): void {
  const openKeys = cases
    .filter(({ state }) => state !== 'resolved')
    .map(({ device, failureMode }) => `${device} ${failureMode}`);
  expect(new Set(openKeys).size).toBe(openKeys.length);
  for (const item of cases) {
    const own = findings.filter((finding) => finding.case === item.id);
    expect(item.findings).toBe(own.filter(({ state }) => state !== 'retracted').length);
    expect(item.findingsOpen).toBe(own.filter(({ state }) => state === 'raised').length);
    if (item.state === 'resolved') continue;
    for (const finding of own.filter(({ state }) => state === 'raised')) {
      expect(severityRank(item.severity)).toBeGreaterThanOrEqual(severityRank(finding.severity));
      expect(item.safety || !finding.safety).toBe(true);
    }
    if (item.findings === 0) expect(item.state).toBe('acknowledged');
  }
  for (const finding of findings) {
    const item = cases.find(({ id }) => id === finding.case);
    if (item !== undefined) expect([item.device, item.failureMode]).toEqual([finding.device, finding.failureMode]);
  }
  const order = cases.map(urgencyOf);
  expect(order).toEqual(order.toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]));
}

/** Part of the contract: random findings, people in between, and the past told again. */
export function caseStoreProperties(open: () => Promise<CaseStore>): void {
  it('keeps its counts, its order and one open case per failure mode, and a late replay changes nothing', async () => {
    const property = fc.asyncProperty(story, fc.nat(100), fc.integer({ min: 1, max: 7 }), async (steps, cut, chunk) => {
      const store = await open();
      const applied = await play(store, steps);
      const before = await snapshotOf(store);
      checkInvariants(before);
      const prefix = applied.slice(0, Math.ceil((applied.length * cut) / 100));
      for (let i = 0; i < prefix.length; i += chunk) {
        const again = prefix.slice(i, i + chunk).map((change) => ({ ...change, now: change.now + 1_000_000 }));
        expect(await store.apply(again)).toEqual([]);
      }
      expect(await snapshotOf(store)).toEqual(before);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('comes to the same end however the events are cut into calls', async () => {
    const property = fc.asyncProperty(story, fc.integer({ min: 1, max: 9 }), async (steps, chunk) => {
      const [single, chunked] = [await open(), await open()];
      const applied = await play(
        single,
        steps.filter(({ kind }) => kind === 'event'),
      );
      for (let i = 0; i < applied.length; i += chunk) await chunked.apply(applied.slice(i, i + chunk));
      expect(await snapshotOf(chunked)).toEqual(await snapshotOf(single));
    });
    await fc.assert(property, { numRuns: 8 });
  });
}
