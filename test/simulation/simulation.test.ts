import { describe, expect, it } from 'vitest';
import type { Plan } from './plan.ts';
import { type RunOptions, type RunResult, runSeed } from './run.ts';
import { brokenPromises } from './stand-ins.ts';

/*
 * The whole way behind the sockets, on a fake disk and clock: power losses, deaths, torn writes, repeats, late and
 * reordered batches, clocks that jump, stores that are away. See run.ts for what happens and verify.ts for the promises.
 *
 *   SIMULATION_RUNS=5000 npx vitest run --project unit test/simulation    more seeds
 *   SIMULATION_FROM=100000 …                                              other seeds
 *   SIMULATION_SEED=42 …                                                  one seed, and all that happened in it
 */
const { SIMULATION_RUNS, SIMULATION_FROM, SIMULATION_SEED, SIMULATION_PLAN } = process.env;
const runs = Number(SIMULATION_RUNS ?? 30);
const from = Number(SIMULATION_FROM ?? 1);

const badDisk = { diskErrorEveryMs: 15_000, diskFullEveryMs: 60_000, forgetsFailedSyncs: true };

const before: readonly RunOptions[] = [
  ...[13, 29, 38, 44, 68, 88, 202, 240, 301, 451].map((seed) => ({ seed })),
  ...[56, 69, 122, 602, 913, 925, 949, 20020, 20296, 30104, 31428].map((seed) => ({ seed })),
  ...[5, 3005, 3043].map((seed) => ({ seed, plan: badDisk })),
  { seed: 113, plan: { diskErrorEveryMs: 15_000, forgetsFailedSyncs: true } },
  ...[20014, 20283].map((seed) => ({
    seed,
    plan: { diskErrorEveryMs: 15_000, diskFullEveryMs: 60_000, deathEverySteps: 60, deathsMax: 12, withServer: true },
  })),
  { seed: 7, plan: { withServer: true, deathEverySteps: 40, deathsMax: 30 } },
];
const onePack = { nextPackAfterMs: Number.POSITIVE_INFINITY };
const packs = { newPackAtMs: 150_000, nextPackAfterMs: 100_000 };

/** What once failed, or fails when a mistake that was mended is made again. Run first, always. */
const kept: readonly RunOptions[] = [
  ...before.map(({ seed, plan }) => ({ seed, plan: { ...onePack, ...plan } })),
  ...[3, 11, 18, 27].map((seed) => ({ seed, plan: packs })),
  { seed: 1629 },
];

const msPerRun = 400;
const brokenWithinSeeds = 60;

function failure({ seed, plan, problems }: RunResult): string {
  const same = Object.keys(plan).length > 0 ? ` SIMULATION_PLAN='${JSON.stringify(plan)}'` : '';
  const again = `SIMULATION_SEED=${seed}${same} npx vitest run --project unit test/simulation/simulation.test.ts`;
  return `seed ${seed}:\n  ${problems.slice(0, 5).join('\n  ')}\nwith all that happened: ${again}`;
}

describe('the simulated service', () => {
  it.runIf(SIMULATION_SEED !== undefined)(`keeps its promises in seed ${SIMULATION_SEED}`, async () => {
    const plan: Partial<Plan> = JSON.parse(SIMULATION_PLAN ?? '{}');
    const result = await runSeed({ seed: Number(SIMULATION_SEED), plan, traced: true });
    process.stdout.write(`${result.trace.join('\n')}\n`);
    expect(result.problems, failure(result)).toEqual([]);
  });

  const all: readonly RunOptions[] = [...kept, ...Array.from({ length: runs }, (_, index) => ({ seed: from + index }))];
  const timeout = 20_000 + msPerRun * all.length;
  it.skipIf(SIMULATION_SEED !== undefined)(
    `keeps its promises in ${all.length} runs`,
    async () => {
      const failed: RunResult[] = [];
      for (const options of all) {
        const result = await runSeed(options);
        if (result.problems.length > 0) failed.push(result);
      }
      expect(
        failed.map(({ seed }) => seed),
        failed.slice(0, 5).map(failure).join('\n'),
      ).toEqual([]);
    },
    timeout,
  );

  it('does the same again for the same seed, and much of it', async () => {
    const [once, again] = [await runSeed({ seed: 7 }), await runSeed({ seed: 7 })];
    expect(again).toEqual(once);
    expect(once.counts.acknowledged).toBeGreaterThan(10);
    expect(once.counts.deaths).toBeGreaterThan(0);
  });
});

describe('the checks', () => {
  const timeout = 20_000 + msPerRun * brokenWithinSeeds;
  it.skipIf(SIMULATION_SEED !== undefined).each(brokenPromises)(
    'notice $what',
    async ({ standIns, noticedAs, plan }) => {
      for (let seed = 1; seed <= brokenWithinSeeds; seed++) {
        const { problems } = await runSeed({ seed, standIns, ...(plan && { plan }) });
        if (problems.some((problem) => noticedAs.test(problem))) return;
      }
      expect.fail(`not noticed in ${brokenWithinSeeds} seeds`);
    },
    timeout,
  );
});
