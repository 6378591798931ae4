export { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
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
