import { afterEach, describe, expect, it } from 'vitest';
import type { Case, CaseChange, CaseQuery, CaseStore } from '../../src/cases/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { eventOf, start } from '../cases/events.ts';
import { caseStoreProperties } from './case-properties.ts';
import { caseSuppressionContract } from './case-suppression.ts';

export interface CaseStoreUnderTest {
  readonly store: CaseStore;
  /** Closes it and opens the same data again. */
  reopen(): Promise<CaseStore>;
  /** Closes it and removes its data. */
  destroy(): Promise<void>;
}

const now = start + 1_000;

function found(event: FindingEvent, at = now): CaseChange {
  return { kind: 'finding', event, now: at };
}

function acknowledge(item: Case, actor = 'Ana', at = now + 1): CaseChange {
  return { kind: 'acknowledge', case: item.id, version: item.version, actor, now: at };
}

function resolve(item: Case, at = now + 2): CaseChange {
  const verdict = 'confirmed_fault';
  return { kind: 'resolve', case: item.id, version: item.version, actor: 'Bo', now: at, verdict, note: 'New pump.' };
}

/** What every driver of the case store seam promises. */
export function caseStoreContract(make: (casesPerRuleHourMax?: number) => Promise<CaseStoreUnderTest>): void {
  describe('case store contract', () => {
    let made: CaseStoreUnderTest[] = [];
    const open = async (casesPerRuleHourMax?: number): Promise<CaseStoreUnderTest> => {
      const one = await make(casesPerRuleHourMax);
      made.push(one);
      return one;
    };
    const one = async (store: CaseStore, ...changes: CaseChange[]): Promise<Case> => {
      const [item, ...more] = await store.apply(changes);
      expect(more).toEqual([]);
      if (item === undefined) throw new Error('no case changed');
      return item;
    };
    const all = async (store: CaseStore, query: Partial<CaseQuery> = {}) => {
      return (await store.list({ limit: 1_000, ...query })).items;
    };
    const kinds = async (store: CaseStore, id: string) => {
      return (await store.timeline(id, { limit: 100 })).items.map(({ kind }) => kind);
    };

    afterEach(async () => {
      await Promise.all(made.map((item) => item.destroy()));
      made = [];
    });

    it('is empty at first', async () => {
      const { store } = await open();
      const nothing = { items: [], next: null };
      expect(await store.apply([])).toEqual([]);
      expect(await store.list({ limit: 10 })).toEqual(nothing);
      expect(await store.list({ id: 'ghost', limit: 1 })).toEqual(nothing);
      expect(await store.troubles()).toEqual([]);
      expect(await store.troubles('ghost')).toEqual([]);
      expect(await store.timeline('ghost', { limit: 10 })).toEqual(nothing);
      expect(await store.findings({ device: 'ghost', limit: 10 })).toEqual(nothing);
      expect(await store.findings({ case: 'ghost', limit: 10 })).toEqual(nothing);
    });

    it('opens a case and keeps it with its finding and timeline', async () => {
      const { store, reopen } = await open();
      const event = eventOf('1', 0);
      const item = await one(store, found(event));
      expect(item).toMatchObject({ number: 1000, state: 'new', owner: null, version: 1, findings: 1, findingsOpen: 1 });
      expect(item).toMatchObject({ openedAt: event.openedAt, startsAt: event.startsAt, createdAt: now });
      const again = await reopen();
      expect((await again.list({ id: item.id, limit: 1 })).items).toEqual([item]);
      expect(await all(again)).toEqual([item]);
      expect((await again.findings({ case: item.id, limit: 10 })).items).toMatchObject([
        { id: event.finding, state: 'raised', endsAt: null, evidence: event.evidence, case: item.id },
      ]);
      expect((await again.timeline(item.id, { limit: 10 })).items).toMatchObject([
        { id: event.id, at: now, kind: 'opened', actor: 'engine', data: { finding: event.finding } },
      ]);
    });

    it('keeps at most one open case per device and failure mode', async () => {
      const { store } = await open();
      const changed = await store.apply([
        found(eventOf('1', 0)),
        found(eventOf('2', 0, { severity: 'critical' })),
        found(eventOf('3', 0, { failureMode: 'door-left-open' })),
        found(eventOf('4', 0, { device: 'f2' })),
      ]);
      expect(changed.map(({ number, findings, severity }) => [number, findings, severity])).toEqual([
        [1000, 2, 'critical'],
        [1001, 1, 'minor'],
        [1002, 1, 'minor'],
      ]);
      expect(new Set(changed.map(({ id }) => id)).size).toBe(3);
    });

    it('gives the next case the id of its finding, wherever it is opened', async () => {
      const [a, b] = [await open(), await open()];
      const first = await one(a.store, found(eventOf('1', 0)));
      await one(b.store, found(eventOf('9', 0, { device: 'f9' })));
      expect((await one(b.store, found(eventOf('1', 0)))).id).toBe(first.id);
    });

    it('takes a repeated event for no change, also after a person resolved the case', async () => {
      const { store } = await open();
      const events = [found(eventOf('1', 0)), found(eventOf('1', 1, { endsAt: start + 9 }))];
      const item = await one(store, ...events);
      const resolved = await one(store, resolve(item));
      expect(await store.apply(events)).toEqual([]);
      expect(await store.apply([found(eventOf('1', 0), now + 99)])).toEqual([]);
      expect(await all(store)).toEqual([resolved]);
      expect(await kinds(store, item.id)).toEqual(['opened', 'cleared', 'resolved']);
      expect((await store.findings({ device: 'f1', limit: 9 })).items).toMatchObject([{ state: 'cleared' }]);
    });

    it('opens a new case for a finding after resolving, and says what came before', async () => {
      const { store } = await open();
      const first = await one(store, found(eventOf('1', 0)));
      await store.apply([resolve(first)]);
      const second = await one(store, found(eventOf('2', 0)));
      expect(second).toMatchObject({ number: 1001, state: 'new', recurrenceOf: first.id });
      await store.apply([resolve(second)]);
      expect(await one(store, found(eventOf('3', 0)))).toMatchObject({ recurrenceOf: second.id });
    });

    it('keeps findings that open no case', async () => {
      const { store } = await open();
      const shadow = { opensCase: false, signal: undefined } as const;
      expect(await store.apply([found(eventOf('1', 0, shadow)), found(eventOf('1', 1, shadow))])).toEqual([]);
      expect(await all(store)).toEqual([]);
      expect((await store.findings({ device: 'f1', limit: 10 })).items).toMatchObject([
        { state: 'cleared', case: null, signal: null },
      ]);
      const { product, source } = eventOf('1', 0);
      const ofSource = await store.findings({ product, source, newestFirst: true, limit: 10 });
      expect(ofSource.items).toMatchObject([{ device: 'f1', case: null }]);
      expect((await store.findings({ product, source: 'rule:other', limit: 10 })).items).toEqual([]);
      expect((await store.findings({ product: 'other', source, limit: 10 })).items).toEqual([]);
      const item = await one(store, found(eventOf('2', 0)));
      expect(await store.apply([found(eventOf('3', 0, shadow))])).toEqual([]);
      expect((await store.list({ id: item.id, limit: 1 })).items).toEqual([item]);
    });

    it('lets one of two people act on the same version', async () => {
      const { store } = await open();
      const item = await one(store, found(eventOf('1', 0)));
      const both = [store.apply([acknowledge(item, 'Ana')]), store.apply([acknowledge(item, 'Bo')])];
      const results = await Promise.allSettled(both);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(results[1]).toMatchObject({ reason: { code: 'version-conflict', status: 409 } });
      expect((await store.list({ id: item.id, limit: 1 })).items).toMatchObject([
        { owner: 'Ana', state: 'acknowledged', version: 2 },
      ]);
    });

    it('refuses what is not allowed, with the reason', async () => {
      const { store } = await open();
      const item = await one(store, found(eventOf('1', 0)));
      const taken = await one(store, acknowledge(item));
      await expect(store.apply([acknowledge(taken, 'Bo')])).rejects.toMatchObject({
        code: 'case-refused',
        message: 'Ana has taken this case already.',
      });
      const done = await one(store, resolve(taken));
      expect(done).toMatchObject({ verdict: 'confirmed_fault', note: 'New pump.', owner: 'Ana', resolvedBy: 'Bo' });
      await expect(store.apply([resolve(done)])).rejects.toMatchObject({
        code: 'case-refused',
        message: 'Bo resolved this case on 2025-11-21 20:00 UTC as a confirmed fault.',
      });
      const ghost = { ...item, id: 'ghost' };
      await expect(store.apply([acknowledge(ghost)])).rejects.toMatchObject({ code: 'case-not-found' });
    });

    it('applies all changes of a call or none', async () => {
      const { store } = await open();
      const item = await one(store, found(eventOf('1', 0)));
      const stale = acknowledge({ ...item, version: 7 });
      const call = store.apply([found(eventOf('2', 0)), found(eventOf('3', 0, { device: 'f2' })), stale]);
      await expect(call).rejects.toMatchObject({ code: 'version-conflict' });
      expect(await all(store)).toEqual([item]);
      expect(await kinds(store, item.id)).toEqual(['opened']);
      expect((await store.findings({ device: 'f2', limit: 10 })).items).toEqual([]);
      expect(await one(store, found(eventOf('3', 0, { device: 'f2' })))).toMatchObject({ number: 1001 });
    });

    it('lists the most urgent first, and resolved ones newest first at the end', async () => {
      const { store } = await open();
      const raise = (device: string, changes: Partial<FindingEvent>, at: number): Promise<Case> => {
        return one(store, found(eventOf('1', 0, { device, ...changes }), at));
      };
      const old = await raise('resolved-first', { severity: 'critical', safety: true }, now);
      const recent = await raise('resolved-last', { severity: 'info' }, now + 1);
      await raise('minor-new', {}, now + 9);
      await raise('minor-old', {}, now + 2);
      await raise('safety-info', { severity: 'info', safety: true }, now + 8);
      await raise('critical', { severity: 'critical' }, now + 7);
      await raise('safety-major', { severity: 'major', safety: true }, now + 9);
      await store.apply([resolve(old, now + 20), resolve(recent, now + 30)]);
      expect((await all(store)).map(({ device }) => device)).toEqual([
        'safety-major',
        'safety-info',
        'critical',
        'minor-old',
        'minor-new',
        'resolved-last',
        'resolved-first',
      ]);
    });

    it('finds cases by state, device, product, owner and words, whatever their case', async () => {
      const { store } = await open();
      const a = await one(store, found(eventOf('1', 0, { device: 'kjøleskap-1' })));
      const b = await one(store, found(eventOf('2', 0, { device: 'P7', product: 'pump', title: 'Bearing 100%' })));
      const c = await one(store, found(eventOf('3', 0, { device: 'P8', product: 'pump', failureMode: 'x_y' })));
      await store.apply([acknowledge(b), resolve(c)]);
      const find = async (query: Partial<CaseQuery>) => (await all(store, query)).map(({ device }) => device);
      expect(await find({ state: 'new' })).toEqual([a.device]);
      expect(await find({ state: 'acknowledged' })).toEqual([b.device]);
      expect(await find({ state: 'resolved' })).toEqual([c.device]);
      expect(await find({ device: 'P7' })).toEqual([b.device]);
      expect(await find({ product: 'pump' })).toEqual([b.device, c.device]);
      expect(await find({ product: 'pump', state: 'resolved' })).toEqual([c.device]);
      expect(await find({ owner: 'Ana' })).toEqual([b.device]);
      expect(await find({ owner: 'Bo' })).toEqual([]);
      expect(await find({ q: 'KJØLESKAP' })).toEqual([a.device]);
      expect(await find({ q: '#1001' })).toEqual([b.device]);
      expect(await find({ q: '1002' })).toEqual([c.device]);
      expect(await find({ q: 'p8 losing' })).toEqual([c.device]);
      expect(await find({ q: '100%' })).toEqual([b.device]);
      expect(await find({ q: 'x_y' })).toEqual([c.device]);
      expect(await find({ q: 'h a day' })).toHaveLength(3);
      expect(await find({ q: 'nowhere' })).toEqual([]);
    });

    it('pages through a list that changes without showing a resting case twice or not at all', async () => {
      const { store } = await open();
      const raise = (i: number) => found(eventOf('1', 0, { device: `d${i}` }), now + i);
      await store.apply(Array.from({ length: 25 }, (_, i) => raise(i)));
      const first = await store.list({ limit: 10 });
      const [leaving] = first.items;
      if (leaving === undefined) throw new Error('no case');
      await store.apply([resolve(leaving, now + 100), raise(-1), raise(50)]);
      const seen = first.items.map(({ device }) => device);
      for (let next = first.next; next !== null; ) {
        const page = await store.list({ limit: 10, cursor: next });
        seen.push(...page.items.map(({ device }) => device));
        next = page.next;
      }
      const expected = Array.from({ length: 25 }, (_, i) => `d${i}`);
      expect(seen).toEqual([...expected, 'd50', 'd0']);
    });

    it('refuses a cursor that it did not give', async () => {
      const { store } = await open();
      const wrong = { code: 'request-invalid', status: 422 };
      await expect(store.list({ limit: 1, cursor: "1' OR 1" })).rejects.toMatchObject(wrong);
      await expect(store.timeline('x', { limit: 1, cursor: 'b' })).rejects.toMatchObject(wrong);
      await expect(store.findings({ case: 'x', limit: 1, cursor: '' })).rejects.toMatchObject(wrong);
    });

    it('pages through the timeline in the order written', async () => {
      const { store } = await open();
      const item = await one(store, found(eventOf('1', 0)), found(eventOf('2', 0)), found(eventOf('1', 1)));
      await store.apply([acknowledge(item, 'Ana', now - 500)]);
      const first = await store.timeline(item.id, { limit: 3 });
      expect(first.items.map(({ kind }) => kind)).toEqual(['opened', 'joined', 'cleared']);
      const second = await store.timeline(item.id, { limit: 3, cursor: first.next ?? undefined });
      expect(second).toMatchObject({ items: [{ kind: 'acknowledged', actor: 'Ana', at: now - 500 }], next: null });
    });

    it('finds the findings that touch a time, oldest first, in pages', async () => {
      const { store } = await open();
      const during = (startsAt: number, endsAt: number | undefined) => ({ startsAt, endsAt, opensCase: false });
      await store.apply([
        found(eventOf('open', 0, during(50, undefined))),
        found(eventOf('short', 0, during(20, undefined))),
        found(eventOf('short', 1, during(20, 30))),
        found(eventOf('other', 0, { device: 'f2', ...during(1, undefined) })),
        found(eventOf('long', 0, during(10, undefined))),
        found(eventOf('long', 1, during(10, 100))),
        found(eventOf('same', 0, during(20, 25))),
      ]);
      const find = async (query: { from?: number; to?: number }) => {
        const { items } = await store.findings({ device: 'f1', limit: 100, ...query });
        return items.map(({ id }) => id.split('~')[2]?.replace('.0', ''));
      };
      expect(await find({})).toEqual(['long', 'same', 'short', 'open']);
      expect(await find({ from: 30, to: 50 })).toEqual(['long', 'short']);
      expect(await find({ from: 31, to: 51 })).toEqual(['long', 'open']);
      expect(await find({ from: 1_000 })).toEqual(['open']);
      expect(await find({ to: 10 })).toEqual([]);
      const first = await store.findings({ device: 'f1', limit: 2 });
      const second = await store.findings({ device: 'f1', limit: 2, cursor: first.next ?? undefined });
      expect([...first.items, ...second.items].map(({ startsAt }) => startsAt)).toEqual([10, 20, 20, 50]);
      expect(second.next).toBeNull();
      const newest = await store.findings({ device: 'f1', newestFirst: true, limit: 2 });
      const cursor = newest.next ?? undefined;
      const older = await store.findings({ device: 'f1', newestFirst: true, limit: 2, cursor });
      expect([...newest.items, ...older.items]).toEqual([...first.items, ...second.items].reverse());
    });

    it('sums up what is open by device, and forgets what is over', async () => {
      const { store, reopen } = await open();
      const silent = { source: 'silent', failureMode: 'silent', opensCase: false } as const;
      const a = await one(store, found(eventOf('1', 0, { severity: 'major' })));
      await store.apply([
        found(eventOf('2', 0, { severity: 'minor', failureMode: 'door-left-open' })),
        found(eventOf('3', 0, { source: 'range:duty', severity: 'info', opensCase: false })),
        found(eventOf('4', 0, { severity: 'critical', opensCase: false })),
        found(eventOf('5', 0, { device: 'f2', severity: 'minor', safety: true })),
        found(eventOf('6', 0, { device: 'f3', ...silent })),
        found(eventOf('7', 0, { device: 'f4' })),
        found(eventOf('7', 1, { device: 'f4', state: 'retracted' })),
      ]);
      const f1 = { device: 'f1', openCases: 2, openFindings: 3, worst: 'major', safety: false, silent: false };
      const f2 = { device: 'f2', openCases: 1, openFindings: 1, worst: 'minor', safety: true, silent: false };
      const f3 = { device: 'f3', openCases: 0, openFindings: 1, worst: undefined, safety: false, silent: true };
      expect(await store.troubles()).toEqual([f1, f2, f3]);
      expect(await store.troubles('f1')).toEqual([f1]);
      expect(await store.troubles('f4')).toEqual([]);
      const cleared = await one(store, found(eventOf('1', 1, { severity: 'major' })));
      expect(await store.troubles('f1')).toEqual([{ ...f1, openFindings: 2, worst: 'minor' }]);
      await store.apply([resolve({ ...a, version: cleared.version })]);
      const again = await reopen();
      expect(await again.troubles('f1')).toEqual([{ ...f1, openCases: 1, openFindings: 2, worst: 'minor' }]);
    });

    caseStoreProperties(async () => (await open()).store);
    caseSuppressionContract(async (casesPerRuleHourMax) => (await open(casesPerRuleHourMax)).store);
  });
}
