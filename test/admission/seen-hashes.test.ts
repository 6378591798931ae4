import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type HashPage, hashBytes, hashesMax, SeenHashes } from '../../src/admission/seen-hashes.ts';

const hashOf = (content: number): string => hash('sha256', String(content), 'binary').slice(0, hashBytes);

/** The same in plain words: the last so many, oldest out first. */
class PlainHashes {
  readonly #held = new Set<string>();

  add(text: string): boolean {
    if (this.#held.has(text)) return false;
    this.#held.add(text);
    if (this.#held.size > hashesMax) this.#held.delete(this.#held.values().next().value ?? '');
    return true;
  }
}

/** Mostly new contents, a third of them as far back as a hash may be remembered, or just not any more. */
function* contents(count: number): Generator<number> {
  let noise = 7;
  let next = 0;
  for (let index = 0; index < count; index++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const back = (noise >>> 8) % (hashesMax + 200);
    yield noise % 3 === 0 && back < next ? next - back : next++;
  }
}

describe('the hashes of a device', () => {
  it('are the last 10,000, as a plain set would tell', () => {
    const [seen, plain] = [new SeenHashes(), new PlainHashes()];
    for (const content of contents(60_000)) {
      const text = hashOf(content);
      if (seen.add(text) !== plain.add(text)) throw new Error(`content ${content}, after ${seen.added} hashes`);
    }
    expect(seen.added).toBeGreaterThan(3 * hashesMax);
    expect(seen.size).toBe(hashesMax);
  });

  it('come back from their pages at any time, with what a crash had written of later ones', () => {
    const pages = new Map<number, HashPage>();
    let [seen, plain, saved] = [new SeenHashes(), new PlainHashes(), 0];
    let index = 0;
    for (const content of contents(40_000)) {
      const text = hashOf(content);
      if (seen.add(text) !== plain.add(text)) throw new Error(`content ${content}, after ${seen.added} hashes`);
      if (++index % 1_237 > 0) continue;
      const page = seen.since(saved);
      if (page) pages.set(page.from, page);
      const all = [...pages.values()].sort((a, b) => a.from - b.from);
      if (index % 3 > 0) saved = seen.added;
      const again = new SeenHashes();
      again.restore(seen.added, all);
      seen = again;
    }
    expect(seen.added).toBeGreaterThan(2 * hashesMax);
    expect(() => new SeenHashes().restore(seen.added + 1, pages.values())).toThrow('the saved hashes');
  });

  it('cost nothing before the first', () => {
    expect(new SeenHashes().since(0)).toBeUndefined();
  });
});
