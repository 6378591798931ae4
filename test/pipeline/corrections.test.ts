import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Case } from '../../src/cases/index.ts';
import { fridge, minute, start } from '../engine/fixture.ts';
import { Plant } from './fixture.ts';

const hour = 60 * minute;
const day = 24 * hour;

let plant: Plant;
beforeEach(async () => {
  plant = await Plant.build(start + 10 * day);
  await plant.directory.register({ id: 'd1', product: 'fridge' });
});
afterEach(() => plant.close());

/** The pack's rule: above 8 for 5 minutes. */
async function send(from: number, temps: readonly number[], everyMs = minute): Promise<void> {
  for (const [index, temp] of temps.entries()) {
    await plant.send('d1', { at: start + from + index * everyMs, signals: { temp } });
  }
}

async function onlyCase(): Promise<Case> {
  await plant.tick();
  await plant.settled();
  const { items } = await plant.cases.list({ limit: 10 });
  const [item] = items;
  if (items.length !== 1 || item === undefined) throw new Error(`there are ${items.length} cases`);
  return item;
}

async function kinds(item: Case): Promise<string[]> {
  return (await plant.cases.timeline(item.id, { limit: 100 })).items.map(({ kind }) => kind);
}

it('a case that late readings speak against is withdrawn, with these readings', async () => {
  await send(0, [4, 4, 9, 9]);
  await send(5 * minute, [9, 9, 9, 9]);
  expect(await onlyCase()).toMatchObject({ state: 'new', openedAt: start + 7 * minute });
  await send(4 * minute, [5]);
  const withdrawn = await onlyCase();
  expect(withdrawn).toMatchObject({ state: 'resolved', verdict: 'retracted', resolvedBy: 'engine' });
  expect(await kinds(withdrawn)).toEqual(['opened', 'retracted']);
  const { items } = await plant.cases.timeline(withdrawn.id, { limit: 10 });
  expect(items[1]).toMatchObject({ data: { evidence: [{ signal: 'temp', value: 5, at: start + 4 * minute }] } });
  expect(plant.pipeline.view.ledger('d1')).toMatchObject({ late: 1, tooLate: 0, acknowledged: 9, evaluated: 9 });
});

it('of many late readings those are shown that spoke against the case, not what came after', async () => {
  await send(0, [4, 4, 9, 9, 9, 9, 9, 9, 9]);
  expect(await onlyCase()).toMatchObject({ startsAt: start + 2 * minute, openedAt: start + 7 * minute });
  await send(minute / 2, [5, 5, 5, 5, 5, 5, 5, 5]);
  const { id } = await onlyCase();
  const [, retracted] = (await plant.cases.timeline(id, { limit: 10 })).items;
  const shown = [1.5, 2.5, 3.5, 4.5, 5.5, 6.5].map((at) => ({ signal: 'temp', value: 5, at: start + at * minute }));
  expect(retracted).toMatchObject({ kind: 'retracted', data: { evidence: shown } });
});

it('a case is moved to where it began', async () => {
  await send(0, [4, 4]);
  await send(5 * minute, [9, 9, 9, 9, 9, 9, 9]);
  expect(await onlyCase()).toMatchObject({ startsAt: start + 5 * minute });
  await send(3 * minute, [9]);
  const moved = await onlyCase();
  expect(moved).toMatchObject({ state: 'new', startsAt: start + 3 * minute, openedAt: start + 8 * minute });
  expect(await kinds(moved)).toEqual(['opened', 'moved']);
});

it('a whole afternoon that comes a day later opens what it should have', async () => {
  await send(0, [4]);
  await send(day, [4, 4]);
  await send(3 * hour, [9, 9, 9, 9, 9, 9, 9, 4]);
  expect(await onlyCase()).toMatchObject({ startsAt: start + 3 * hour, openedAt: start + 3 * hour + 5 * minute });
});

it('what was known before the day is found again after a restart', async () => {
  await send(0, [4, 4, 9, 9]);
  for (let days = 1; days <= 3; days += 1) await send(days * day, [4, 4, 4]);
  await send(3 * day + 5 * minute, [9, 9, 9, 9, 9, 9, 9]);
  await onlyCase();
  const image = plant.crashImage();
  const before = plant;
  plant = await Plant.build(before.now, { from: image });
  await before.close();
  await send(3 * day + 7.5 * minute, [4]);
  expect(await onlyCase()).toMatchObject({ state: 'resolved', verdict: 'retracted' });
});

it('a crash between the late report and the tick forgets nothing', async () => {
  await send(0, [4, 4, 9, 9]);
  await send(5 * minute, [9, 9, 9, 9]);
  await onlyCase();
  await send(4 * minute, [5]);
  await plant.settled();
  const image = plant.crashImage();
  const before = plant;
  plant = await Plant.build(before.now, { from: image });
  await before.close();
  expect(await onlyCase()).toMatchObject({ state: 'resolved', verdict: 'retracted' });
});

it('what comes more than a week late is stored, counted, and judged no more', async () => {
  await send(0, [4]);
  await send(8 * day, [4]);
  await send(hour, [9, 9, 9, 9, 9, 9, 9]);
  await plant.tick();
  await plant.settled();
  expect((await plant.cases.list({ limit: 10 })).items).toEqual([]);
  expect(plant.pipeline.view.ledger('d1')).toMatchObject({ late: 7, tooLate: 7, stored: 9, evaluated: 9 });
});

it('what came before a new version is judged under the old one, also after a restart', async () => {
  await send(0, [4]);
  await send(hour, [4]);
  const source = fridge.replace('temp > 8.0', 'temp > 10.0');
  await plant.directory.publishPack({ product: 'fridge', version: 2, file: 'fridge.yaml', source });
  await send(2 * hour, [4, 9, 9, 9, 9, 9, 9, 9]);
  await plant.tick();
  await plant.settled();
  expect((await plant.cases.list({ limit: 10 })).items).toEqual([]);
  const image = plant.crashImage();
  const before = plant;
  plant = await Plant.build(before.now, { from: image });
  await before.close();
  await send(10 * minute, [9, 9, 9, 9, 9, 9, 9]);
  const item = await onlyCase();
  expect(item).toMatchObject({ startsAt: start + 10 * minute, openedAt: start + 15 * minute });
  expect(await kinds(item)).toEqual(['opened', 'cleared']);
  expect(plant.uncorrected).toEqual([]);
});

it('a stretch of too many reports is stored, counted and told, and not judged', async () => {
  await plant.close();
  plant = await Plant.build(start + 10 * day, { stretchReportsMax: 20 });
  await plant.directory.register({ id: 'd1', product: 'fridge' });
  await send(0, [4]);
  await send(
    hour,
    Array.from({ length: 20 }, () => 4),
  );
  await send(10 * minute, [9, 9, 9, 9, 9, 9, 9]);
  await plant.tick();
  await plant.settled();
  expect((await plant.cases.list({ limit: 10 })).items).toEqual([]);
  const told = { device: 'd1', reports: 7, at: start + 10 * minute, why: 'stretch-too-long' };
  expect(plant.uncorrected).toEqual([told]);
  const image = plant.crashImage();
  const before = plant;
  plant = await Plant.build(before.now, { from: image });
  await before.close();
  expect(plant.pipeline.view.ledger('d1')).toMatchObject({ late: 7, tooLate: 0, uncorrected: 7, stored: 28 });
  expect(plant.pipeline.view.fleetLedger()).toMatchObject({ uncorrected: 7 });
});
