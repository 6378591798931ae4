import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Case, CaseChange, CaseStore, Cover, Surroundings } from '../../src/cases/index.ts';
import type { FindingEvent } from '../../src/findings/index.ts';
import { eventOf, start } from '../cases/events.ts';

const minuteMs = 60_000;
const silentAfterMs = 10 * minuteMs;
const belt: Cover = { id: 'w1', owner: 'Ana', reason: 'New belt' };

interface Around extends Partial<Omit<Surroundings, 'above'>> {
  readonly above?: readonly string[];
}

function found(event: FindingEvent, { above = [], ...around }: Around = {}): CaseChange {
  const chain = above.map((device) => ({ device, covers: [] }));
  const nothing = { offset: 0, covers: [], silentAfterMs, downMs: 0 };
  return { kind: 'finding', event, now: event.receivedAt, around: { ...nothing, ...around, above: chain } };
}

function tick(minute: number, offset: number, maintenance: readonly string[] = []): CaseChange {
  return { kind: 'tick', offset, now: start + minute * minuteMs, downMs: 0, maintenance };
}

/** The engine's finding that a device, last heard at minute `since`, is silent; event 1 ends it. */
function silence(device: string, n: 0 | 1, since: number, at = since + 10): FindingEvent {
  const when = start + at * minuteMs;
  const finding = `${device}~silent~${since}.0`;
  return eventOf('', n, {
    ...{ id: `${finding}#${n}`, finding, device, source: 'silent', signal: undefined, failureMode: 'silent' },
    ...{
      opensCase: false,
      bySilence: true,
      title: 'Device silent',
      explanation: `${device} was last heard at ${since}.`,
    },
    ...{ startsAt: start + since * minuteMs, openedAt: start + (since + 10) * minuteMs, at: when, receivedAt: when },
    endsAt: n === 0 ? undefined : when,
  });
}

/** A rule's finding that a device is silent: recognized at minute `at`; event 1 ends it. */
function away(device: string, n: 0 | 1, at: number, changes: Partial<FindingEvent> = {}): FindingEvent {
  const when = start + at * minuteMs;
  return eventOf('away', n, {
    ...{ device, source: 'rule:away', failureMode: 'offline', title: 'Offline', bySilence: true },
    ...{ startsAt: when, openedAt: when, at: when, receivedAt: when, explanation: `${device} is away.` },
    ...(n === 0 ? {} : { endsAt: when }),
    ...changes,
  });
}

/** Part of the contract: what keeps a finding from a case of its own, and for how long. */
export function caseSuppressionContract(open: (casesPerRuleHourMax?: number) => Promise<CaseStore>): void {
  const all = async (store: CaseStore) => (await store.list({ limit: 1_000 })).items;
  const texts = async (store: CaseStore, item: Case | undefined) =>
    (await store.timeline(item?.id ?? '', { limit: 1_000 })).items.map(({ kind, text }) => `${kind}: ${text}`);
  const only = async (store: CaseStore): Promise<Case> => {
    const [item, ...more] = await all(store);
    expect(more).toEqual([]);
    if (item === undefined) throw new Error('there is no case');
    return item;
  };

  describe('maintenance', () => {
    it('hides findings, lists them, and lets what still holds open its case when it is over', async () => {
      const store = await open();
      await store.apply([
        found(eventOf('1', 0), { offset: 5, covers: [belt] }),
        found(eventOf('2', 0, { failureMode: 'door' }), { offset: 6, covers: [belt] }),
        found(eventOf('2', 1, { failureMode: 'door', endsAt: start + 5 }), { offset: 7, covers: [belt] }),
        tick(1, 8, ['w1']),
      ]);
      expect(await all(store)).toEqual([]);
      const hidden = await store.findings({ hiddenBy: 'w1', limit: 10 });
      expect(hidden.items.map(({ state, case: item, hiddenBy }) => [state, item, hiddenBy])).toEqual([
        ['raised', null, ['w1']],
        ['cleared', null, ['w1']],
      ]);
      expect(await store.troubles('f1')).toMatchObject([{ openFindings: 1, openCases: 0, worst: 'minor' }]);
      expect(await store.apply([tick(2, 9)])).toHaveLength(1);
      const item = await only(store);
      expect(item).toMatchObject({ failureMode: 'refrigerant-loss', createdAt: start + 2 * minuteMs, findings: 1 });
      expect(await texts(store, item)).toEqual([
        'opened: Opened after maintenance “New belt” (Ana): Runs 21 h a day (1); normal for it is 9–12 h.',
      ]);
      expect((await store.findings({ hiddenBy: 'w1', limit: 10 })).items).toMatchObject([{ case: item.id }, {}]);
    });

    it('never hides what is about safety, nor a call for help', async () => {
      const store = await open();
      await store.apply([
        found(eventOf('1', 0, { safety: true }), { covers: [belt] }),
        found(eventOf('2', 0, { source: 'assist', failureMode: 'device-requested' }), { covers: [belt] }),
      ]);
      expect(await all(store)).toMatchObject([{ safety: true }, { failureMode: 'device-requested' }]);
      expect((await store.findings({ hiddenBy: 'w1', limit: 10 })).items).toEqual([]);
    });

    it('opens a case at once when a hidden finding becomes a matter of safety', async () => {
      const store = await open();
      const worse = eventOf('1', 1, { state: 'updated', safety: true });
      await store.apply([found(eventOf('1', 0), { covers: [belt] }), found(worse, { covers: [belt] })]);
      expect(await only(store)).toMatchObject({ safety: true, findings: 1 });
    });

    it('lets findings join a case that is open, and says so', async () => {
      const store = await open();
      await store.apply([found(eventOf('1', 0)), found(eventOf('2', 0), { covers: [belt] })]);
      const item = await only(store);
      expect(item).toMatchObject({ findings: 2 });
      expect((await texts(store, item))[1]).toBe(
        'joined: Another finding joined during maintenance “New belt” (Ana): ' +
          'Runs 21 h a day (2); normal for it is 9–12 h. That is 2 times since 2025-11-21 19:00 UTC.',
      );
    });

    it('keeps a finding hidden that is updated, though the device is not in it any more', async () => {
      const store = await open();
      const event = eventOf('1', 1, { state: 'updated' });
      await store.apply([found(eventOf('1', 0), { offset: 5, covers: [belt] }), found(event, { offset: 6 })]);
      expect(await all(store)).toEqual([]);
      await store.apply([tick(1, 7)]);
      expect(await only(store)).toMatchObject({ findings: 1 });
    });

    it('leaves a case that is over as it is when the finding that it was withdrawn with holds again', async () => {
      const store = await open();
      const again = eventOf('1', 2, { state: 'raised' });
      await store.apply([found(eventOf('1', 0)), found(eventOf('1', 1, { state: 'retracted' }))]);
      const withdrawn = await only(store);
      await store.apply([found(again, { offset: 5, covers: [belt] }), tick(1, 6)]);
      const [item, ...others] = await all(store);
      expect(item).toMatchObject({ state: 'new', findings: 1, recurrenceOf: withdrawn.id });
      expect(others).toEqual([withdrawn]);
    });

    it('hides as long as one of several lasts', async () => {
      const store = await open();
      const other = { ...belt, id: 'w2' };
      await store.apply([found(eventOf('1', 0), { offset: 5, covers: [belt, other] }), tick(1, 6, ['w2'])]);
      expect(await all(store)).toEqual([]);
      await store.apply([tick(2, 7)]);
      expect(await only(store)).toMatchObject({ findings: 1 });
    });

    it('ends by no tick from before, read again', async () => {
      const store = await open();
      await store.apply([found(eventOf('1', 0), { offset: 5, covers: [belt] }), tick(1, 4), tick(1, 5)]);
      expect(await all(store)).toEqual([]);
    });
  });

  describe('a silent gateway', () => {
    const orders = {
      'the gateway first': [found(silence('gw', 0, 0)), found(away('a', 0, 11), { above: ['gw'] })],
      'the device first': [found(away('a', 0, 9), { above: ['gw'] }), found(silence('gw', 0, 0))],
    };
    for (const [order, changes] of Object.entries(orders)) {
      it(`explains the silence behind it, ${order}`, async () => {
        const store = await open();
        await store.apply([...changes, found(away('b', 0, 12), { above: ['gw'] })]);
        const items = (await all(store)).filter(({ state }) => state !== 'resolved');
        expect(items).toMatchObject([
          { device: 'gw', failureMode: 'silent', title: 'Silent, and devices behind it too', devices: 3, findings: 3 },
        ]);
        const said = await texts(store, items[0]);
        expect(said).toContain('opened: Opened: gw was last heard at 0.');
        expect(said).toContain('joined: a, behind gw, is silent too: a is away.');
        expect(said).toContain('joined: b, behind gw, is silent too: b is away.');
        expect(said).toHaveLength(3);
      });
    }

    it('takes over the case of a device only where nobody has a hand in it, and where it fell silent later', async () => {
      const store = await open();
      const [taken] = await store.apply([found(away('taken', 0, 5), { above: ['gw'] })]);
      if (taken === undefined) throw new Error('no case');
      const person = { case: taken.id, version: taken.version, actor: 'Ana', now: start };
      await store.apply([{ kind: 'acknowledge', ...person }]);
      await store.apply([
        found(away('before', 0, -30), { above: ['gw'] }),
        found(away('after', 0, 8), { above: ['gw'] }),
        found(away('danger', 0, 8, { safety: true }), { above: ['gw'] }),
        found(silence('gw', 0, 0)),
      ]);
      const items = await all(store);
      const stateOf = (device: string) => items.find((item) => item.device === device)?.state;
      expect(['taken', 'before', 'after', 'danger', 'gw'].map(stateOf)).toEqual([
        'acknowledged',
        'new',
        'resolved',
        'new',
        'new',
      ]);
      const given = items.find(({ device }) => device === 'after');
      const gateway = items.find(({ device }) => device === 'gw');
      expect(given).toMatchObject({ verdict: 'duplicate', resolvedBy: 'engine', findingsOpen: 0 });
      expect((await texts(store, given)).at(-1)).toBe(
        `resolved: gw, above this device, is silent too. Resolved as a duplicate of case #${gateway?.number}, which lists it.`,
      );
    });

    it("gives a device its own case when the gateway is back and it is not, after the device's own time", async () => {
      const store = await open();
      await store.apply([
        found(silence('gw', 0, 0), { offset: 1 }),
        found(away('a', 0, 11), { offset: 2, above: ['gw'] }),
        found(away('b', 0, 11), { offset: 3, above: ['gw'] }),
        found(silence('gw', 1, 0, 20), { offset: 4 }),
        found(away('b', 1, 21), { offset: 5, above: ['gw'] }),
        tick(29, 6),
      ]);
      expect(await all(store)).toHaveLength(1);
      await store.apply([tick(30, 7)]);
      const items = await all(store);
      expect(
        items.map(({ device, findings, findingsOpen, devices }) => [device, findings, findingsOpen, devices]),
      ).toEqual([
        ['gw', 2, 0, 2],
        ['a', 1, 1, 1],
      ]);
      expect(await texts(store, items[1])).toEqual([
        'opened: Opened since gw is back and this device is still silent: a is away.',
      ]);
      expect((await texts(store, items[0])).at(-1)).toBe(
        'updated: gw is back and a is still silent: that is told in a case of its own.',
      );
      await store.apply([found(away('a', 1, 40), { offset: 8, above: ['gw'] })]);
      expect((await all(store)).map(({ findingsOpen }) => findingsOpen)).toEqual([0, 0]);
    });

    it('takes a gateway that falls silent again for no return', async () => {
      const store = await open();
      await store.apply([
        found(silence('gw', 0, 0), { offset: 1 }),
        found(away('a', 0, 11), { offset: 2, above: ['gw'] }),
        found(silence('gw', 1, 0, 20), { offset: 3 }),
        found(silence('gw', 0, 15), { offset: 4 }),
        tick(60, 5),
      ]);
      expect(await only(store)).toMatchObject({ device: 'gw', devices: 2 });
    });

    it('never writes over a case that a person resolved, however often another one opens', async () => {
      const store = await open();
      await store.apply([
        found(silence('top', 0, 0), { offset: 1 }),
        found(silence('gw', 0, 0), { offset: 2, above: ['top'] }),
        found(away('a', 0, 11), { offset: 3, above: ['gw', 'top'] }),
      ]);
      const person = { actor: 'Ana', now: start, verdict: 'false_alarm', note: undefined } as const;
      for (const since of [0, 30, 60]) {
        const [last] = await all(store);
        expect(last).toMatchObject({ device: 'top', state: 'new' });
        await store.apply([{ kind: 'resolve', case: last?.id ?? '', version: last?.version ?? 0, ...person }]);
        await store.apply([
          found(silence('gw', 1, since, since + 12), { offset: since + 4 }),
          found(silence('gw', 0, since + 30), { offset: since + 5 }),
          tick(since + 41, since + 6),
        ]);
      }
      expect((await all(store)).map(({ state }) => state)).toEqual(['new', 'resolved', 'resolved', 'resolved']);
    });

    it('goes up as far as all is silent, and no further', async () => {
      const store = await open();
      await store.apply([
        found(silence('top', 0, 0)),
        found(silence('gw', 0, 0), { above: ['top'] }),
        found(away('a', 0, 11), { above: ['gw', 'top'] }),
        found(away('b', 0, 11), { above: ['up', 'top'] }),
      ]);
      expect((await all(store)).map(({ device }) => device)).toEqual(['top', 'b']);
    });

    it("joins the case of the gateway's own rule", async () => {
      const store = await open();
      await store.apply([
        found(silence('gw', 0, 0)),
        found(away('gw', 0, 11)),
        found(away('a', 0, 12), { above: ['gw'] }),
      ]);
      expect(await only(store)).toMatchObject({ device: 'gw', failureMode: 'offline', findings: 2, devices: 2 });
    });

    it('tells the first devices one by one, and counts the others', async () => {
      const store = await open();
      const devices = Array.from({ length: 50 }, (_, i) => `d${i}`);
      await store.apply([
        found(silence('gw', 0, 0)),
        ...devices.map((device) => found(away(device, 0, 11), { above: ['gw'] })),
        ...devices.map((device) => found(away(device, 1, 12), { above: ['gw'] })),
      ]);
      const item = await only(store);
      expect(item).toMatchObject({ devices: 51, findings: 51, findingsOpen: 1 });
      expect((await texts(store, item)).length).toBeLessThan(25);
    });
  });

  describe('a storm', () => {
    const nameOf = ({ source = '', product = '' }: Partial<FindingEvent>, at: number) => `${at}${source}${product}`;
    const many = (count: number, changes: Partial<FindingEvent> = {}, at = start) =>
      Array.from({ length: count }, (_, i) =>
        found(
          eventOf(nameOf(changes, at), 0, { device: `${changes.safety ? 's' : 'd'}${i}`, receivedAt: at, ...changes }),
        ),
      );

    it('is one case that says so and lists what follows', async () => {
      const store = await open(3);
      await store.apply(many(8));
      const items = await all(store);
      expect(items).toHaveLength(4);
      expect(items[3]).toMatchObject({
        storm: 'rule:losing',
        devices: 5,
        findings: 5,
        title: 'Many devices: Losing refrigerant',
      });
      expect(items[3]?.explanation).toBe(
        'The rule losing opened 3 cases of fridge within the hour: it found something on many devices at once. ' +
          'Further findings are listed here.',
      );
      expect((await store.findings({ case: items[3]?.id ?? '', limit: 10 })).items).toHaveLength(5);
    });

    it('never swallows what is about safety, nor what another rule or product has', async () => {
      const store = await open(3);
      await store.apply([
        ...many(4),
        ...many(4, { safety: true }),
        ...many(3, { source: 'rule:other', failureMode: 'x' }),
      ]);
      await store.apply(many(3, { product: 'pump', failureMode: 'y' }));
      expect((await all(store)).filter(({ storm }) => storm === null)).toHaveLength(3 + 4 + 3 + 3);
    });

    it('goes on while as many come each hour, and is over when fewer do', async () => {
      const store = await open(2);
      for (let minute = 0; minute < 180; minute += 20) {
        const event = eventOf('1', 0, { device: `d${minute}`, receivedAt: start + minute * minuteMs });
        await store.apply([found(event)]);
      }
      expect(await all(store)).toHaveLength(3);
      await store.apply([found(eventOf('1', 0, { device: 'late', receivedAt: start + 300 * minuteMs }))]);
      expect(await all(store)).toHaveLength(4);
    });

    it('keeps what flaps in the one case', async () => {
      const store = await open(1);
      const again = eventOf('2', 0, { device: 'd1', receivedAt: start + 200 * minuteMs });
      await store.apply([...many(2), found(eventOf(`${start}`, 1, { device: 'd1' })), found(again)]);
      expect((await all(store)).map(({ findings, devices }) => [findings, devices])).toEqual([
        [1, 1],
        [2, 1],
      ]);
    });
  });

  describe('a storm that was told first of a silent gateway', () => {
    const lists = [
      found(away('other', 0, 0), { offset: 0 }),
      found(silence('gw', 0, -10), { offset: 1 }),
      found(away('gw', 0, 0), { offset: 2 }),
      found(away('a', 0, 0), { offset: 3, above: ['gw'] }),
      found(silence('gw', 1, -10, 1), { offset: 4 }),
    ];

    it('counts a device behind it once, when the gateway is back and the device is not', async () => {
      const store = await open(1);
      await store.apply(lists);
      const before = await all(store);
      expect(before.map(({ device, storm, findings }) => [device, storm, findings])).toEqual([
        ['other', null, 1],
        ['gw', 'rule:away', 2],
      ]);
      expect(await store.apply([tick(11, 5)])).toEqual([]);
      expect(await all(store)).toEqual(before);
      await store.apply([found(away('a', 1, 12), { offset: 6, above: ['gw'] })]);
      expect((await all(store))[1]).toMatchObject({ findings: 2, findingsOpen: 1, devices: 2 });
    });

    it('lets the device go that is a matter of safety by then', async () => {
      const store = await open(1);
      const worse = { state: 'updated', safety: true } as const;
      await store.apply([...lists, found(away('a', 1, 2, worse), { offset: 5, above: ['gw'] }), tick(11, 6)]);
      const counts = (await all(store)).map(({ device, findings, findingsOpen }) => [device, findings, findingsOpen]);
      expect(counts.sort()).toEqual([
        ['a', 1, 1],
        ['gw', 1, 1],
        ['other', 1, 1],
      ]);
    });
  });

  suppressionProperties(open);
}

/** What the log may say, drawn: findings that come and go below a gateway, maintenance, ticks. */
const story: fc.Arbitrary<readonly CaseChange[]> = fc
  .array(
    fc.record({
      what: fc.constantFrom('losing', 'away', 'silence', 'tick', 'maintenance'),
      device: fc.constantFrom('top', 'gw', 'a', 'b', 'c'),
      safety: fc.integer({ min: 0, max: 9 }).map((draw) => draw === 0),
      later: fc.nat(12),
    }),
    { minLength: 5, maxLength: 60 },
  )
  .map((draws) => {
    const parents: Readonly<Record<string, readonly string[]>> = { gw: ['top'], a: ['gw', 'top'], b: ['gw', 'top'] };
    const open = new Map<string, FindingEvent>();
    const changes: CaseChange[] = [];
    let minute = 0;
    let window: Cover | undefined;
    for (const [offset, { what, device, safety, later }] of draws.entries()) {
      minute += later;
      if (what === 'maintenance') window = window ? undefined : { ...belt, id: `w${offset}` };
      if (what === 'tick' || what === 'maintenance') {
        changes.push(tick(minute, offset, window ? [window.id] : []));
        continue;
      }
      const key = `${what} ${device}`;
      const known = open.get(key);
      const at = start + minute * minuteMs;
      const named = { finding: `${device}~${what}~${offset}`, id: `${device}~${what}~${offset}#0` };
      const raised = {
        losing: eventOf('', 0, { ...named, device, safety, openedAt: at, receivedAt: at }),
        away: { ...away(device, 0, minute, { safety }), ...named },
        silence: { ...silence(device, 0, minute - 10), ...named },
      }[what];
      const event: FindingEvent = known
        ? { ...known, id: `${known.finding}#1`, state: 'cleared', at, receivedAt: at, endsAt: at }
        : raised;
      if (known) open.delete(key);
      else open.set(key, event);
      const covers = window && device !== 'b' ? [window] : [];
      changes.push(found(event, { offset, covers, above: event.bySilence ? (parents[device] ?? []) : [] }));
    }
    return changes;
  });

async function snapshotOf(store: CaseStore) {
  const cases = (await store.list({ limit: 1_000 })).items;
  const timelines = await Promise.all(cases.map(({ id }) => store.timeline(id, { limit: 1_000 })));
  const devices = ['top', 'gw', 'a', 'b', 'c'];
  const pages = await Promise.all(devices.map((device) => store.findings({ device, limit: 1_000 })));
  return { cases, timelines, findings: pages.flatMap(({ items }) => items) };
}

function suppressionProperties(open: (casesPerRuleHourMax?: number) => Promise<CaseStore>): void {
  it('comes to the same end however a story with ticks is cut and told again from any place before', async () => {
    const property = fc.asyncProperty(
      story,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(9),
      async (changes, chunk, back) => {
        const [whole, torn] = [await open(2), await open(2)];
        await whole.apply(changes);
        for (let i = 0; i < changes.length; i += chunk)
          await torn.apply(changes.slice(Math.max(0, i - back), i + chunk));
        const after = await snapshotOf(whole);
        expect(await snapshotOf(torn)).toEqual(after);
        checkInvariants(after);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });
}

function checkInvariants({ cases, findings }: Awaited<ReturnType<typeof snapshotOf>>): void {
  for (const item of cases) {
    const own = findings.filter((finding) => finding.case === item.id);
    expect(item.findings).toBe(own.length);
    expect(item.findingsOpen).toBe(own.filter(({ state }) => state === 'raised').length);
    if (item.storm === null && item.failureMode !== 'silent') continue;
    for (const finding of own.filter(({ device }) => device !== item.device)) expect(finding.safety).toBe(false);
  }
  for (const { safety, state, case: item, hiddenBy, source } of findings) {
    if (source === 'silent') continue;
    if (safety) expect(item).not.toBeNull();
    if (state === 'raised') expect(item !== null || hiddenBy.length > 0).toBe(true);
  }
}
