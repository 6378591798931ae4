import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caseHead, counted, type GoldenCase, goldenCases, standingHeads, wordsFor } from '../golden/golden-case.ts';
import { LiveGolden } from './golden-live.ts';

const cases = goldenCases();
const live = cases.filter(({ without }) => without.live === undefined);
const replayed = live.filter(({ without }) => without.backtest === undefined);

/** Names with their cases, as `it.each` takes them. */
const named = (items: readonly GoldenCase[]) => items.map((item) => [`${item.file}: ${item.name}`, item] as const);

describe('golden cases', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aftercare-golden-'));
  let run: LiveGolden;

  beforeAll(async () => {
    const products = join(folder, 'products');
    mkdirSync(products);
    for (const { product, source } of live.flatMap(({ packs }) => packs)) {
      writeFileSync(join(products, `${product}.yaml`), source);
    }
    run = await LiveGolden.begin({ products, data: join(folder, 'data') });
    await run.play(live);
  }, 180_000);

  afterAll(async () => {
    await run.service.stop();
    rmSync(folder, { recursive: true });
  });

  it.each(named(live))('over MQTT: %s', async (_, item) => {
    expect(await run.outcome(item)).toEqual(item.expected);
  });

  it.each(named(replayed))('in a backtest: %s', async (_, item) => {
    const opened = await run.backtest(item);
    const words = wordsFor(item, run.zeroOf(item), run.began);
    const heads = counted(opened.map((told) => caseHead(told, words)));
    expect(heads.sort()).toEqual(standingHeads(item.expected).sort());
  });
});
