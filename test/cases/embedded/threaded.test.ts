import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEmbeddedCaseStore, openThreadedCaseStore } from '../../../src/cases/index.ts';
import { caseStoreContract } from '../../contract/cases.ts';
import { eventOf, start } from '../events.ts';

const broken: Error[] = [];
const onBroken = (error: Error): void => void broken.push(error);

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cases-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

caseStoreContract(async (casesPerRuleHourMax) => {
  const folder = await mkdtemp(join(tmpdir(), 'cases-'));
  let store = await openThreadedCaseStore({ folder, casesPerRuleHourMax, onBroken });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openThreadedCaseStore({ folder, casesPerRuleHourMax, onBroken });
      return store;
    },
    async destroy() {
      await store.close();
      await rm(folder, { recursive: true });
      expect(broken).toEqual([]);
    },
  };
});

it('reads what was applied before, waited for or not, and leaves it to who opens the folder next', async () => {
  const folder = await newFolder();
  const threaded = await openThreadedCaseStore({ folder, onBroken });
  const applied = threaded.apply([{ kind: 'finding', event: eventOf('1', 0), now: start }]);
  const { items } = await threaded.list({ limit: 10 });
  expect(items).toEqual(await applied);
  expect(items).toHaveLength(1);
  await threaded.close();
  const here = await openEmbeddedCaseStore({ folder });
  expect((await here.list({ limit: 10 })).items).toEqual(items);
  await here.close();
});

it('does not open what are no cases', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'cases.sqlite'), 'no database, but long enough to be looked at as one'.repeat(9));
  const here = await openEmbeddedCaseStore({ folder }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await expect(openThreadedCaseStore({ folder, onBroken })).rejects.toThrow(here instanceof Error ? here.message : '');
  expect(here).toBeInstanceOf(Error);
  expect(broken).toEqual([]);
});
