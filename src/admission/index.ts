export {
  type EarlierReport,
  MessageAdmission,
  type MessageContext,
  quarantineMessage,
  rawContent,
  type Suspect,
  type Verdict,
} from './admit.ts';
export { decodeReports } from './decode.ts';
export { gapsOf, type SeqGap } from './identity.ts';
export { messageTopic, readAssist, readStatus } from './other-messages.ts';
export { ReportReader, Templates } from './report-reader.ts';
export { type HashPage, hashBytes, hashesMax } from './seen-hashes.ts';
export type { QuarantineEntry, QuarantineSink } from './set-aside.ts';
export {
  type AdmissionCounts,
  type DeviceAdmission,
  newDeviceAdmission,
  restoreAdmission,
  snapshotAdmission,
} from './state.ts';
export { type SignalIndex, signalIndex } from './validate.ts';
