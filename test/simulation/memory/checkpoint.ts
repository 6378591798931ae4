import { type HashPage, hashBytes, type QuarantineEntry } from '../../../src/admission/index.ts';
import { jsonText } from '../../../src/base/index.ts';
import type { BandPoint, DaySnapshot } from '../../../src/engine/index.ts';
import type { LogEntry } from '../../../src/log/index.ts';
import {
  type Checkpoint,
  type CheckpointWrite,
  type DeviceRow,
  type DeviceWrite,
  newestBefore,
  quarantineBytesMax,
  quarantineMessagesMax,
} from '../../../src/pipeline/index.ts';
import { atOnce, type Passage } from './passage.ts';

/** What lives on when the process dies; all that is state is text, as it would be on a disk. */
export interface HeldCheckpoint {
  state: string | undefined;
  facts: string;
  readonly devices: Map<string, DeviceRow>;
  readonly bands: Map<string, BandPoint>;
  /** By day. */
  snapshots: readonly DaySnapshot[];
  /** In log order. */
  quarantine: QuarantineEntry[];
  readonly history: Map<number, LogEntry>;
}

export const noCheckpoint = (): HeldCheckpoint => ({
  state: undefined,
  facts: '[]',
  devices: new Map(),
  bands: new Map(),
  snapshots: [],
  quarantine: [],
  history: new Map(),
});

export interface MemoryCheckpointOptions {
  readonly pass?: Passage;
  /** Awaited after each row, so that others have their turn while a transaction is open. */
  readonly betweenRows?: () => Promise<void>;
}

export function memoryCheckpoint(held: HeldCheckpoint, options: MemoryCheckpointOptions = {}): Checkpoint {
  const { pass = atOnce, betweenRows } = options;
  return {
    meta: () => (held.state === undefined ? undefined : { ...JSON.parse(held.state), facts: JSON.parse(held.facts) }),
    devices: () => [...held.devices.values()].sort((a, b) => a.number - b.number),
    save: async (write, durable) => {
      const rows: DeviceRow[] = [];
      for (const row of write.devices) {
        rows.push(rowOf(row));
        await betweenRows?.();
      }
      await durable;
      await pass(() => commit(held, write, rows));
    },
    bands: ({ device, signal, from, to, limit }) => {
      const of = [...held.bands.values()].filter((band) => band.device === device && band.signal === signal);
      of.sort((a, b) => a.at - b.at);
      const before = of.filter((band) => band.at < from).slice(-1);
      return [...before, ...of.filter((band) => band.at >= from && band.at < to).slice(0, limit)];
    },
    snapshotBefore: (device, position) => newestBefore(held.snapshots, () => undefined, device, position),
    quarantineCount: (device) => held.quarantine.filter((entry) => entry.device === device).length,
    quarantine: (device, limit) =>
      held.quarantine
        .filter((entry) => entry.device === device)
        .reverse()
        .slice(0, limit),
    close: () => undefined,
  };
}

/** What is read of a device that was written so. */
export function rowOf({ engine, ...row }: DeviceWrite): DeviceRow {
  return { ...row, engine: engine && jsonText(engine) };
}

function commit(held: HeldCheckpoint, write: CheckpointWrite, rows: readonly DeviceRow[]): void {
  for (const row of rows) held.devices.set(row.id, { ...row, hashes: pagesAfter(held.devices.get(row.id), row) });
  for (const band of write.bands) held.bands.set(`${band.device}\n${band.signal}\n${band.at}`, band);
  held.snapshots = snapshotsAfter(held.snapshots, write.snapshots);
  const known = new Set(held.quarantine.map(placeOf));
  const fresh = write.quarantine.filter((entry) => !known.has(placeOf(entry)));
  held.quarantine = trimmed([...held.quarantine, ...fresh].sort((a, b) => a.offset - b.offset || a.index - b.index));
  for (const entry of write.history) if (!held.history.has(entry.offset)) held.history.set(entry.offset, entry);
  held.state = JSON.stringify(write.meta);
  if (write.facts) held.facts = JSON.stringify(write.facts);
}

/** A page with the beginning of another takes its place. */
function pagesAfter(before: DeviceRow | undefined, { hashes, hashesFrom }: DeviceRow): readonly HashPage[] {
  const pages = new Map([...(before?.hashes ?? []), ...hashes].map((page) => [page.from, page]));
  const kept = [...pages.values()].filter(({ from, bytes }) => from + bytes.length / hashBytes > hashesFrom);
  return kept.sort((a, b) => a.from - b.from);
}

function snapshotsAfter(before: readonly DaySnapshot[], fresh: readonly DaySnapshot[]): DaySnapshot[] {
  const kept = new Map([...before, ...fresh].map((snapshot) => [`${snapshot.device}\n${snapshot.day}`, snapshot]));
  return [...kept.values()].sort((a, b) => a.day - b.day);
}

function placeOf({ device, offset, index }: QuarantineEntry): string {
  return `${device}\n${offset}\n${index}`;
}

/** Each device's ring: the newest, within both bounds. */
function trimmed(entries: readonly QuarantineEntry[]): QuarantineEntry[] {
  const held = new Map<string, { messages: number; bytes: number }>();
  const kept = entries.toReversed().filter(({ device, payload }) => {
    const { messages, bytes } = held.get(device) ?? { messages: 0, bytes: 0 };
    const now = { messages: messages + 1, bytes: bytes + (payload?.length ?? 0) };
    held.set(device, now);
    return now.messages <= quarantineMessagesMax && now.bytes <= quarantineBytesMax;
  });
  return kept.reverse();
}
