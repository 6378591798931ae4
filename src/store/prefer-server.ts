import { isAftercareError } from '../base/index.ts';
import type { TelemetryStore } from './store.ts';

/**
 * Reads from the user's telemetry server where it has all there is, else from the embedded store, which is never
 * behind: a chart shows the newest readings also while the server is away or catching up. Writes are the embedded
 * store's; the pipeline brings them to the server.
 */
export function preferServer(
  server: TelemetryStore,
  embedded: TelemetryStore,
  isBehind: () => boolean,
): TelemetryStore {
  const read = async <Answer>(ask: (store: TelemetryStore) => Promise<Answer>): Promise<Answer> => {
    if (isBehind()) return ask(embedded);
    try {
      return await ask(server);
    } catch (error) {
      if (!isAftercareError(error, 'store-failed')) throw error;
      return ask(embedded);
    }
  };
  return {
    write: (reports, next) => embedded.write(reports, next),
    sync: () => embedded.sync(),
    cursor: () => embedded.cursor(),
    series: (query) => read((store) => store.series(query)),
    latest: (devices) => read((store) => store.latest(devices)),
    reports: (query) => read((store) => store.reports(query)),
    close: async () => {
      await server.close();
      await embedded.close();
    },
  };
}
