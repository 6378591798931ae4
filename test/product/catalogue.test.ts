import { describe, expect, it } from 'vitest';
import { Catalogue, earlierVersionsMax, type ProductPack } from '../../src/product/index.ts';
import type { Fact } from '../../src/telemetry/index.ts';
import { fridge, pack } from '../engine/fixture.ts';

const fridgePack = pack(fridge);
const readPack = (_: string, source: string): ProductPack | undefined => {
  return source.startsWith('broken') ? undefined : { ...fridgePack, title: source.slice(0, 10) };
};

function published(version: number, source = `title ${version}`): Fact {
  return { type: 'pack-published', at: version, product: 'fridge', version, file: 'fridge.yaml', source };
}

function catalogueOf(facts: readonly Fact[]): Catalogue {
  const catalogue = new Catalogue(readPack);
  for (const fact of facts) catalogue.apply(fact);
  return catalogue;
}

describe('the catalogue', () => {
  it('knows the version in force, and those that were before it', () => {
    const catalogue = catalogueOf([1, 2, 3].map((version) => published(version)));
    expect(catalogue.pack('fridge')).toMatchObject({ version: 3, pack: { title: 'title 3' } });
    expect(catalogue.packAt('fridge', 3)).toBe(catalogue.pack('fridge'));
    expect(catalogue.packAt('fridge', 1)).toMatchObject({ version: 1, publishedAt: 1, pack: { title: 'title 1' } });
    expect(catalogue.packAt('fridge', 4)).toBe(undefined);
    expect(catalogue.packAt('oven', 1)).toBe(undefined);
    expect([...catalogue.packs()].map(({ version }) => version)).toEqual([3]);
  });

  it('keeps so many of them', () => {
    const last = earlierVersionsMax + 3;
    const catalogue = catalogueOf(Array.from({ length: last }, (_, index) => published(index + 1)));
    expect(catalogue.packAt('fridge', 2)).toBe(undefined);
    expect(catalogue.packAt('fridge', 3)?.version).toBe(3);
  });

  it('and so much text, but the last one whatever its length', () => {
    const long = `long ${'x'.repeat(1_100_000)}`;
    const catalogue = catalogueOf([published(1, long), published(2, long), published(3, 'short'), published(4)]);
    expect(catalogue.packAt('fridge', 1)).toBe(undefined);
    expect(catalogue.packAt('fridge', 2)?.version).toBe(2);
    const longer = catalogueOf([published(1), published(2, `${long}${long}`), published(3)]);
    expect(longer.packAt('fridge', 1)).toBe(undefined);
    expect(longer.packAt('fridge', 2)?.version).toBe(2);
  });

  it('a version that cannot be read changes nothing', () => {
    const catalogue = catalogueOf([published(1), published(2, 'broken')]);
    expect(catalogue.pack('fridge')?.version).toBe(1);
    expect(catalogue.packAt('fridge', 2)).toBe(undefined);
  });

  it('is made again by its facts', () => {
    const catalogue = catalogueOf([1, 2, 3].map((version) => published(version)));
    const facts = catalogue.facts();
    expect(facts).toEqual([1, 2, 3].map((version) => published(version)));
    expect(catalogueOf(facts).facts()).toEqual(facts);
  });
});
