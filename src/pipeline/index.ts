export type { Uncorrected } from '../engine/index.ts';
export { inspectCheckpoint, openCheckpoint } from './checkpoint/embedded.ts';
export { openThreadedCheckpoint, type ThreadedCheckpointOptions } from './checkpoint/threaded.ts';
export {
  type Checkpoint,
  type CheckpointInspection,
  type CheckpointMeta,
  type CheckpointWrite,
  type DeviceRow,
  type DeviceWrite,
  quarantineBytesMax,
  quarantineMessagesMax,
  snapshotDaysMax,
} from './checkpoint.ts';
export { Corrector, type CorrectorOptions, newestBefore, type StretchQuery } from './corrector.ts';
export { type PipelineDevice, PipelineDevices } from './devices.ts';
export { type History, type HistoryRecord, openHistory, type Ticks } from './history.ts';
export { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
export {
  contentHash,
  newProcessed,
  type Processed,
  Processor,
  type ProcessorOptions,
} from './process.ts';

export { type KnownThere, maintenanceAt, surroundingsOf } from './surroundings.ts';
export type {
  DeviceLedger,
  DeviceStatus,
  FleetLedger,
  LedgerCounts,
  LedgerGap,
  LiveEvent,
  PipelineView,
  QuarantineItem,
  ServerLag,
} from './view.ts';
