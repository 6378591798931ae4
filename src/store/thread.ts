import { isAftercareError, secondMs } from '../base/index.ts';
import { type Served, serveCalls } from '../threads/index.ts';
import { openSqliteStore, type SqliteStore } from './embedded.ts';
import { type StoreCalls, type StoreSettings, type StoreTold, sendPoints, sheetMemory } from './messages.ts';
import { Sheet, type SheetParts } from './sheet.ts';

/*
 * The thread that stores: blocks, hours, transactions and upkeep. Whoever judges hands over and goes on.
 */

/** While something is asked, the other side knows of the room as it was so long ago at most. */
const spaceEveryMs = secondMs;

await serveCalls((settings: StoreSettings, tell): Served<StoreCalls> => {
  const store = openSqliteStore(settings);
  let spaceToldAt = performance.now();
  tell({ space: store.space() } satisfies StoreTold);
  return {
    driver: callsOf(store),
    memoryOf: (answer) => {
      if (answer instanceof Float64Array) return answer.buffer instanceof ArrayBuffer ? [answer.buffer] : [];
      return isSheet(answer) ? sheetMemory(answer) : [];
    },
    // When something failed there may be no room left.
    beforeAnswer: (failed) => {
      if (!failed && performance.now() < spaceToldAt + spaceEveryMs) return;
      spaceToldAt = performance.now();
      tellSpace();
    },
  };

  /** Where it cannot be known, what was told last stands. */
  function tellSpace(): void {
    try {
      tell({ space: store.space() } satisfies StoreTold);
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
    }
  }
});

function callsOf(store: SqliteStore): StoreCalls {
  return {
    write: (sheet, next) => store.writeSheet(new Sheet(sheet), next),
    sync: () => store.sync(),
    cursor: () => store.cursor(),
    series: async (query) => sendPoints(await store.series(query)),
    latest: async (devices) => Sheet.of([...(await store.latest(devices)).values()]).parts(),
    reports: async (query) => Sheet.of(await store.reports(query)).parts(),
    delete: (device) => store.delete(device),
    forsake: (device, before) => store.forsake(device, before),
    keepUp: (retention) => store.keepUp(retention),
    close: () => store.close(),
  };
}

function isSheet(answer: unknown): answer is SheetParts {
  return typeof answer === 'object' && answer !== null && 'shapeOf' in answer;
}
