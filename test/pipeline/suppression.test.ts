import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fridge, minute, start } from '../engine/fixture.ts';
import { Plant } from './fixture.ts';

/** Stamps beyond arrival are not believed: everything arrives an hour after the first. */
const hour = 60 * minute;
const source = `${fridge}  - {id: away, when: 'silent()', for: 2m, failureMode: gone}
`.replace('faultCodes:', '  gone: {title: Gone, severity: minor}\nfaultCodes:');

let plant: Plant;
beforeEach(async () => {
  plant = await Plant.build(start + hour);
  await plant.directory.register({ id: 'gw', product: 'fridge' });
  for (const id of ['d1', 'd2']) await plant.directory.register({ id, product: 'fridge', site: 'x', parent: 'gw' });
});
afterEach(() => plant.close());

const report = (seq: number, temp: number) => ({ at: start + seq * minute, boot: 'b1', seq, signals: { temp } });
const warm = async (device: string, at: Plant = plant) => {
  for (let seq = 0; seq < 6; seq++) await at.send(device, report(seq, 9.5));
};
const cases = async (at: Plant = plant) => {
  await at.settled();
  return (await at.cases.list({ limit: 10 })).items;
};
const texts = async (id: string, at: Plant = plant) =>
  (await at.cases.timeline(id, { limit: 10 })).items.map(({ text }) => text);

describe('maintenance', () => {
  const query = { site: 'x' };
  const plan = () => {
    const to = plant.now + hour;
    return plant.directory.planMaintenance({ query, owner: 'Ana', reason: 'Belts', from: start, to });
  };

  it('hides by event time what it is about, and nothing else', async () => {
    const { id } = await plan();
    await warm('d1');
    await warm('gw');
    expect(await cases()).toMatchObject([{ device: 'gw' }]);
    expect((await plant.cases.findings({ hiddenBy: id, limit: 9 })).items).toMatchObject([
      { device: 'd1', case: null },
    ]);
    await plant.directory.endMaintenance(id, 'Bo');
    plant.now += minute;
    await plant.tick();
    const [, opened] = await cases();
    expect(opened).toMatchObject({ device: 'd1' });
    expect((await texts(opened?.id ?? ''))[0]).toContain('Opened after maintenance “Belts” (Ana): ');
  });

  it('is over at its end, and the same after a crash at any place before', async () => {
    await plan();
    await warm('d1');
    const images: string[] = [];
    plant.now += hour - minute;
    await plant.tick();
    expect(await cases()).toEqual([]);
    images.push(plant.crashImage());
    plant.now += 2 * minute;
    await plant.tick();
    images.push(plant.crashImage());
    const expected = await cases();
    expect(expected).toMatchObject([{ device: 'd1' }]);
    const over = plant.now;
    for (const from of images) {
      const again = await Plant.build(over, { from });
      await again.tick();
      expect(await cases(again)).toMatchObject([{ id: expected[0]?.id, findings: 1 }]);
      expect(await texts(expected[0]?.id ?? '', again)).toHaveLength(1);
      await again.close();
      rmSync(from, { recursive: true });
    }
  });
});

describe('a silent gateway', () => {
  it('explains the silence behind it by one case, until it is back', async () => {
    await plant.directory.publishPack({ product: 'fridge', version: 2, file: 'fridge.yaml', source });
    for (const id of ['d1', 'd2', 'gw']) await plant.send(id, report(0, 4));
    plant.now += 13 * minute;
    await plant.tick();
    await plant.tick();
    const open = (await cases()).filter(({ state }) => state !== 'resolved');
    expect(open).toMatchObject([{ device: 'gw', devices: 3 }]);
    for (const id of ['d1', 'gw']) await plant.send(id, report(1, 4));
    plant.now += 9 * minute;
    for (const id of ['d1', 'gw']) await plant.send(id, report(2, 4));
    await plant.tick();
    expect((await cases()).filter(({ findingsOpen }) => findingsOpen > 0)).toMatchObject([
      { device: 'gw', findingsOpen: 1 },
    ]);
    plant.now += 2 * minute;
    await plant.tick();
    const [still, ...more] = (await cases()).filter(({ findingsOpen }) => findingsOpen > 0);
    expect([still?.device, more]).toEqual(['d2', []]);
    expect((await texts(still?.id ?? '')).at(-1)).toContain('gw is back and this device is still silent');
  });
});
