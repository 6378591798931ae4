import { openCheckpoint } from '../../src/pipeline/index.ts';
import { openEmbeddedStore } from '../../src/store/index.ts';
import { encodeRecord, type LogRecord, type Report } from '../../src/telemetry/index.ts';

/** A record that replays need for ever, at its log offset. */
export interface Kept {
  readonly offset: number;
  readonly record: LogRecord;
}

/** Makes the folder a data folder that holds these reports and records and nothing else. */
export async function fillFolder(folder: string, reports: readonly Report[], kept: readonly Kept[]): Promise<void> {
  const next = 1 + Math.max(...[...reports, ...kept].map(({ offset }) => offset));
  const store = await openEmbeddedStore({ folder });
  await store.write(reports, next);
  await store.close();
  const checkpoint = openCheckpoint(folder);
  const history = kept.map(({ offset, record }) => ({ offset, payload: encodeRecord(record) }));
  const facts = kept.flatMap(({ record }) => (record.kind === 'fact' ? record.fact : []));
  const nothing = { devices: [], snapshots: [], bands: [], quarantine: [], facts };
  const lastHeardAt = Math.max(...reports.map(({ receivedAt }) => receivedAt));
  const meta = { next, globals: { lastHeardAt, downMs: 0 }, forwarded: undefined, ages: [] };
  await checkpoint.save({ ...nothing, meta, history });
  checkpoint.close();
}
