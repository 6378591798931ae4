import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { checkCommand } from '../../src/app/check-command.ts';
import { packsAround } from '../../src/app/known-packs.ts';
import { createPackPublisher, publishPacks } from '../../src/app/pack-publisher.ts';
import { findPackFiles, readPack } from '../../src/app/packs.ts';
import { testCommand } from '../../src/app/test-command.ts';
import { createDirectory, openEmbeddedRegistry } from '../../src/registry/index.ts';
import { memoryLog } from '../registry/memory-log.ts';

const plant = 'product: plant\ntitle: Plant\nsignals: {brine: {kind: gauge, unit: Cel}}\n';
const rules = `product: fridge
title: Fridge
parent: plant
signals: {temp: {kind: gauge, unit: Cel}}
rules: [{id: warm, when: temp > 8.0 && parent.brine > 2.0}]
`;
const fridge = `${rules}tests:
  - name: both are warm
    signals: {temp: 4x2 9x3}
    parent: {signals: {brine: 5x5}}
    expect: [{from: 2m, to: 2m, open: anomaly}]
`;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'aftercare-publisher-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function write(path: string, packs: Readonly<Record<string, string>>): string {
  for (const [name, source] of Object.entries(packs)) writeFileSync(join(path, `${name}.yaml`), source);
  return path;
}

async function world() {
  const registry = await openEmbeddedRegistry({ folder: folder() });
  onTestFinished(() => registry.close());
  const random = (bytes: number) => new Uint8Array(bytes);
  const log = memoryLog();
  const key = new Uint8Array(32);
  const directory = createDirectory({ log, registry, clock: () => 0, random, serverKey: key, knownProducts: () => [] });
  const lacking: string[] = [];
  const publisher = createPackPublisher({
    directory,
    registry,
    onPublished: () => undefined,
    onLacking: (problem) => lacking.push(problem),
  });
  return {
    registry,
    publisher,
    lacking,
    publishFrom: (path: string) => publishPacks({ folder: path, publisher, registry }),
  };
}

it('publishes the pack of the parents first, whatever the files are called', async () => {
  const { publishFrom } = await world();
  const packs = write(folder(), { a: fridge, b: plant });
  const published = [
    { product: 'plant', version: 1 },
    { product: 'fridge', version: 1 },
  ];
  expect(await publishFrom(packs)).toEqual({ published, problems: [] });
  expect(await publishFrom(packs)).toEqual({ published: [], problems: [] });
});

it('publishes two that are parents of each other', async () => {
  const { publishFrom } = await world();
  const above = rules.replace('fridge', 'plant').replace('parent: plant', 'parent: fridge').replace('.brine', '.temp');
  const other = rules.replace('.brine', '.temp');
  const { problems, published } = await publishFrom(write(folder(), { a: other, b: above }));
  expect([problems, published.length]).toEqual([[], 2]);
});

it('leaves out one that asks for what its parents do not have, also when these came to lack it', async () => {
  const { publishFrom, publisher } = await world();
  const packs = write(folder(), { fridge });
  const missing = "3:9: there is no sound pack of a product 'plant'; name its file too, or publish it first";
  expect(await publishFrom(packs)).toEqual({ published: [], problems: [`${join(packs, 'fridge.yaml')}:${missing}`] });
  expect(await publisher.import('fridge.yaml', fridge)).toMatchObject({ problems: [{ line: 3 }] });

  write(packs, { plant });
  expect((await publishFrom(packs)).problems).toEqual([]);
  write(packs, { plant: plant.replace('brine', 'glycol') });
  const lacking = ['5:47', '9:24'].map(
    (place) => `${join(packs, 'fridge.yaml')}:${place}: plant has no signal 'brine'`,
  );
  expect(await publishFrom(packs)).toEqual({ published: [{ product: 'plant', version: 2 }], problems: lacking });
  expect(await publisher.import('fridge.yaml', `${fridge}# more\n`)).toMatchObject({
    problems: [{ line: 5 }, { line: 9 }],
  });
});

it('tells what packs in force lack of a version of their parents that was imported', async () => {
  const { publishFrom, publisher, lacking } = await world();
  await publishFrom(write(folder(), { a: rules, b: plant }));
  await publisher.import('plant.yaml', `${plant}# said otherwise\n`);
  expect(lacking).toEqual([]);
  expect(await publisher.import('plant.yaml', plant.replace('brine', 'glycol'))).toMatchObject({ version: 3 });
  expect(lacking).toEqual(["a.yaml:5:47: plant has no signal 'brine'"]);
});

it('finds the pack of the parents beside a file, to check and to test it', async () => {
  const packs = write(folder(), { fridge, plant });
  const { files } = findPackFiles([join(packs, 'fridge.yaml')]);
  expect([...packsAround(files).keys()]).toEqual(['fridge', 'plant']);
  expect([
    checkCommand([join(packs, 'fridge.yaml')], { json: true }),
    await testCommand([packs], { json: true }),
  ]).toEqual([0, 0]);
  rmSync(join(packs, 'plant.yaml'));
  expect(checkCommand([join(packs, 'fridge.yaml')], { json: true })).toBe(1);
  expect(readPack('fridge.yaml', fridge)).toHaveProperty('pack');
});
