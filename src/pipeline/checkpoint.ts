import type { HashPage, QuarantineEntry } from '../admission/index.ts';
import type { JsonParts } from '../base/index.ts';
import type { BandPoint, DaySnapshot, DayTaken, EngineGlobals, Position } from '../engine/index.ts';
import type { LogEntry } from '../log/index.ts';
import type { Fact } from '../telemetry/index.ts';

/** What a device is after the checkpoint's offset. */
export interface DeviceWrite {
  /** Its place in the order in which devices were first met, from 0; the same for ever. */
  readonly number: number;
  readonly id: string;
  /** A snapshot as JSON text. */
  readonly admission: string;
  /** A snapshot that becomes JSON text where it is written. Undefined for a device the engine has not met. */
  readonly engine: JsonParts | undefined;
  readonly evaluated: number;
  readonly unstored: number;
  /** Hashes of admission, oldest first: written, those that are new (a page may begin earlier); read, all that are kept. */
  readonly hashes: readonly HashPage[];
  /** Hashes before this number are needed no more, whether this checkpoint is completed or not. */
  readonly hashesFrom: number;
}

/** The same as it is read. */
export interface DeviceRow extends Omit<DeviceWrite, 'engine'> {
  readonly engine: string | undefined;
}

export interface CheckpointMeta {
  /** The next log offset to process. */
  readonly next: number;
  readonly globals: EngineGlobals;
  /** Facts that make the catalogue as it was. */
  readonly facts: readonly Fact[];
  /** How far the telemetry server was when `unstored` was counted; undefined where there is none. */
  readonly forwarded: number | undefined;
  /** Offsets by service time, oldest first, for retention by age. */
  readonly ages: readonly { readonly at: number; readonly offset: number }[];
}

/** What one checkpoint adds: the state after `meta.next` and what the stretch before it left to keep. */
export interface CheckpointWrite {
  readonly meta: Omit<CheckpointMeta, 'facts'>;
  /** Given when they changed since the last checkpoint. */
  readonly facts: readonly Fact[] | undefined;
  /**
   * Those that changed, in no order. Made one by one while they are written, since all at once would fill the memory: of
   * one that was taken nothing may be used any more once the next is asked for.
   */
  readonly devices: Iterable<DeviceWrite>;
  readonly bands: readonly BandPoint[];
  /** Of one device and day the last one counts. Days that no correction reaches any more are forgotten. */
  readonly snapshots: readonly DayTaken[];
  readonly quarantine: readonly QuarantineEntry[];
  readonly history: readonly LogEntry[];
}

/** Where others find what the embedded driver keeps for ever, and the version of its tables. */
export const checkpointFile = { name: 'pipeline.sqlite', version: 3 } as const;

/** Snapshots of a device that are older than so many days are forgotten, but for the newest of them. */
export const snapshotDaysMax = 8;

/** The ring of a device's quarantine. */
export const quarantineMessagesMax = 1_000;
export const quarantineBytesMax = 10 * 1024 * 1024;

/**
 * The pipeline's own memory: engine and admission state with the offset they belong to, in one transaction, so that
 * after any crash they agree. Beside them what the stretch left behind: bands, quarantine, and the records that
 * replays need after their part of the log is gone. Every write is keyed by the log, so repeats change nothing.
 */
export interface Checkpoint {
  /** Undefined before the first checkpoint. */
  meta(): CheckpointMeta | undefined;
  /** Every device, by number. */
  devices(): Iterable<DeviceRow>;
  /**
   * All or nothing. Others have their turn in between, and what `write` holds must not change until it resolves; its
   * devices are read first. It counts only after it is `durable` (default: it is) what it rests on; reads see it once it
   * has resolved. Rejects with `store-failed` at a full disk and the like, and as `durable` does; nothing is changed
   * then, and another may be saved.
   */
  save(write: CheckpointWrite, durable?: Promise<void>): Promise<void>;
  /** Those in [from, to), oldest first and at most `limit`, and before them the last one that is older. */
  bands(query: { device: string; signal: string; from: number; to: number; limit: number }): readonly BandPoint[];
  /** The newest of the device's snapshots that lies before the position. */
  snapshotBefore(device: string, position: Position): DaySnapshot | undefined;
  quarantineCount(device: string): number;
  /** Newest first. */
  quarantine(device: string, limit: number): readonly QuarantineEntry[];
  close(): void | Promise<void>;
}

/** A checkpoint as its file holds it. */
export interface CheckpointInspection extends Pick<Checkpoint, 'meta' | 'devices'> {
  /** Records with an offset in [from, to) that replays need for ever, in order. */
  history(from: number, to: number): Iterable<LogEntry>;
  close(): void;
}
