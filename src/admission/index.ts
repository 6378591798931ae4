export {
  admitReports,
  correctionHorizonMs,
  type EarlierReport,
  type MessageContext,
  quarantineMessage,
  rawContent,
  type Suspect,
  settle,
  type Verdict,
} from './admit.ts';
export { decodeReports } from './decode.ts';
export { gapsOf, type SeqGap } from './identity.ts';
export { messageTopic, readAssist, readStatus } from './other-messages.ts';
export type { QuarantineEntry } from './set-aside.ts';
export {
  type AdmissionCounts,
  type DeviceAdmission,
  newDeviceAdmission,
  restoreAdmission,
  snapshotAdmission,
} from './state.ts';
export { type SignalIndex, signalIndex } from './validate.ts';
