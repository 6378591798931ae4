import { expect, it } from 'vitest';
import { EntryPage } from '../../src/log/entry-page.ts';
import { type Group, layOutGroup, sealGroup } from '../../src/log/segment-format.ts';
import { TailCache } from '../../src/log/tail-cache.ts';

const all = { recordsMax: 100, bytesMax: 100_000 };

it('keeps the newest groups within its bound and knows which records it has', () => {
  const cache = new TailCache(3_000);
  for (let first = 0; first < 20; first += 2) cache.add(group(first));
  expect(offsets(cache, 0)).toBeUndefined();
  // A group counts 1,008 bytes of body and 256 around it, so two fit.
  expect(offsets(cache, 15)).toBeUndefined();
  expect(offsets(cache, 16)).toEqual([16, 17, 18, 19]);
  expect(offsets(cache, 19)).toEqual([19]);
  expect(offsets(cache, 20)).toBeUndefined();
});

it('keeps nothing when a group alone passes the bound', () => {
  const cache = new TailCache(100);
  cache.add(group(0));
  expect(offsets(cache, 0)).toBeUndefined();
});

function group(first: number): Group {
  return sealGroup(layOutGroup([Buffer.alloc(500), Buffer.alloc(500)]), { first, count: 2, salt: 1 });
}

function offsets(cache: TailCache, from: number): number[] | undefined {
  const page = new EntryPage(from, all);
  return cache.fill(page) ? page.entries.map((entry) => entry.offset) : undefined;
}
